#include "app/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace voicehook::app {
namespace {

constexpr std::uint64_t listener_count = 3;

}  // namespace

std::uint64_t descriptors_for(std::size_t max_connections) noexcept {
    return listener_count * max_connections + reserved_descriptors;
}

std::size_t connections_within(std::uint64_t limit, std::size_t wanted) noexcept {
    if (limit >= descriptors_for(wanted)) return wanted;
    auto const left = limit > reserved_descriptors ? limit - reserved_descriptors : 0;
    return std::max<std::size_t>(1, left / listener_count);
}

std::uint64_t raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    auto const raised = rlimit{limit.rlim_max, limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) return raised.rlim_cur;
    return limit.rlim_cur;
}

}  // namespace voicehook::app
