#include "tests/bench/load_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sys/resource.h>

#include <algorithm>

namespace load {
namespace {

double seconds_of(timeval const& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double own_cpu_seconds() {
    auto used = rusage{};
    getrusage(RUSAGE_SELF, &used);
    return seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
}

template <typename Key>
std::string object_of(std::map<Key, std::size_t> const& counts) {
    auto members = std::vector<std::string>{};
    for (auto const& [key, count] : counts) members.push_back(fmt::format(R"("{}":{})", key, count));
    return fmt::format("{{{}}}", fmt::join(members, ","));
}

}  // namespace

void report::answered(int status, steady::duration took) {
    auto const tenths = std::chrono::duration_cast<std::chrono::nanoseconds>(took).count() / 100;
    latencies_.push_back(static_cast<std::uint32_t>(std::min<std::int64_t>(tenths, UINT32_MAX)));
    ++statuses_[status];
}

std::string report::json(std::size_t repeated) const {
    auto sorted = latencies_;
    std::ranges::sort(sorted);
    auto const at = [&sorted](double share) {
        if (sorted.empty()) return 0.0;
        auto const place = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
        return sorted[place] / 10.0;
    };
    auto const seconds = std::chrono::duration<double>(ended_ - began_).count();
    auto const rate = seconds > 0 ? static_cast<double>(sorted.size()) / seconds : 0.0;
    return fmt::format(
        R"({{"answers":{},"seconds":{:.4f},"per_second":{:.1f},"p50_us":{:.1f},"p90_us":{:.1f},"p99_us":{:.1f},)"
        R"("p999_us":{:.1f},"max_us":{:.1f},"statuses":{},"failures":{},"repeated":{},"own_cpu_seconds":{:.3f}}})",
        sorted.size(), seconds, rate, at(0.5), at(0.9), at(0.99), at(0.999), at(1.0), object_of(statuses_),
        object_of(failures_), repeated, own_cpu_seconds());
}

}  // namespace load
