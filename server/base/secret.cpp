#include "base/secret.hpp"

#include <cstddef>

namespace voicehook {

bool equal_in_constant_time(std::string_view left, std::string_view right) noexcept {
    if (left.size() != right.size()) return false;
    unsigned char volatile difference = 0;
    for (std::size_t at = 0; at < left.size(); ++at)
        difference = difference | static_cast<unsigned char>(left[at] ^ right[at]);
    return difference == 0;
}

bool secret::matches(std::string_view offered) const noexcept { return equal_in_constant_time(bytes_, offered); }

}  // namespace voicehook
