#include "base/failure.hpp"

#include <fmt/format.h>

namespace voicehook {

std::string_view to_text(errc code) noexcept {
    switch (code) {
        case errc::store_unavailable: return "store_unavailable";
        case errc::store_full: return "store_full";
        case errc::store_failed: return "store_failed";
        case errc::store_busy: return "store_busy";
        case errc::store_corrupt: return "store_corrupt";
        case errc::store_newer: return "store_newer";
        case errc::store_held: return "store_held";
        case errc::not_found: return "not_found";
        case errc::conflict: return "conflict";
        case errc::lease_lost: return "lease_lost";
        case errc::invalid: return "invalid";
        case errc::refused: return "refused";
        case errc::dns: return "dns";
        case errc::tls: return "tls";
        case errc::timeout: return "timeout";
        case errc::reset: return "reset";
        case errc::protocol: return "protocol";
        case errc::too_large: return "too_large";
        case errc::forbidden: return "forbidden";
        case errc::unreadable: return "unreadable";
        case errc::stopping: return "stopping";
    }
    return "?";
}

std::unexpected<failure> fail(failure inner, std::string_view doing) {
    return std::unexpected{failure{inner.code, fmt::format("{}: {}", doing, inner.doing)}};
}

}  // namespace voicehook
