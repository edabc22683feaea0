#include "sinks/kafka/statistics.hpp"

#include "wire/json_value.hpp"
#include "wire/raw_json.hpp"

#include <algorithm>

namespace voicehook::sinks::kafka {

namespace {

constexpr double microseconds = 1e6;

std::optional<std::string_view> member(std::optional<std::string_view> object, std::string_view name) {
    if (!object) return std::nullopt;
    auto const members = wire::split_object(*object);
    return members ? wire::find_member(*members, name) : std::nullopt;
}

double number(std::optional<std::string_view> value) { return value ? wire::read_number(*value).value_or(0) : 0; }

}  // namespace

std::optional<statistics> read_statistics(std::string_view json) {
    auto const queued = member(json, "msg_cnt");
    auto const all_brokers = member(json, "brokers");
    if (!queued || !all_brokers) return std::nullopt;
    auto const brokers = wire::split_object(*all_brokers);
    if (!brokers) return std::nullopt;

    auto out = statistics{.queued = static_cast<std::int64_t>(number(queued))};
    for (auto const& broker : *brokers)
        out.slowest_rtt_seconds =
            std::max(out.slowest_rtt_seconds, number(member(member(broker.value, "rtt"), "avg")) / microseconds);
    return out;
}

}  // namespace voicehook::sinks::kafka
