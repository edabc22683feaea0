#include "base/random.hpp"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <random>
#include <string_view>
#include <system_error>

namespace voicehook {

namespace {

/// What `random_entropy` takes at once: ids are made for every request, and each call of the system costs a
/// microsecond.
constexpr std::size_t pool_bytes = 640;

std::mt19937_64 seeded_generator() {
    auto const bytes = random_bytes(8);
    auto seed = std::uint64_t{};
    for (auto const byte : bytes) seed = seed << 8 | static_cast<std::uint8_t>(byte);
    return std::mt19937_64{seed};
}

}  // namespace

std::string random_bytes(std::size_t count) {
    auto out = std::string(count, '\0');
    for (std::size_t filled = 0; filled < count;) {
        auto const got = ::getrandom(out.data() + filled, count - filled, 0);
        if (got >= 0)
            filled += static_cast<std::size_t>(got);
        else if (errno != EINTR)
            throw std::system_error{errno, std::system_category(), "getrandom"};
    }
    return out;
}

uuid_entropy random_entropy() {
    thread_local auto pool = std::string{};
    auto out = uuid_entropy{};
    if (pool.size() < out.size()) pool = random_bytes(pool_bytes);
    auto const rest = pool.size() - out.size();
    std::ranges::transform(std::string_view{pool}.substr(rest), out.begin(),
                           [](char byte) { return static_cast<std::uint8_t>(byte); });
    pool.resize(rest);
    return out;
}

double random_unit() {
    thread_local auto generator = seeded_generator();
    return static_cast<double>(generator() >> 11) * 0x1p-53;
}

}  // namespace voicehook
