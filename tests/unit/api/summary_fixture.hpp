// A summary over a store that counts how often it is asked and can be out of reach.
#pragma once

#include "api/summary.hpp"

#include "../../simulation/passing_store.hpp"
#include "store/memory/create.hpp"
#include "wire/raw_json.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace voicehook::api {

inline constexpr auto noon = instant{1'775'131'200'000ms};

/// The JSON at a path of member names.
inline std::string_view at(std::string_view json, std::initializer_list<std::string_view> path) {
    for (auto const name : path) {
        auto const members = wire::split_object(json);
        auto const found = members ? wire::find_member(*members, name) : std::nullopt;
        if (!found) return "(absent)";
        json = *found;
    }
    return json;
}

class still_clock final : public ports::clock {
public:
    [[nodiscard]] instant now() const override { return noon; }
    [[nodiscard]] awaitable<void> sleep(duration) override { co_return; }
    [[nodiscard]] std::unique_ptr<ports::alarm> make_alarm() override { return std::make_unique<no_alarm>(); }

private:
    class no_alarm final : public ports::alarm {
    public:
        void ring() override {}
        awaitable<void> wait_until(instant) override { co_return; }
    };
};

class counting_store final : public simulation::passing_store {
public:
    counting_store() : passing_store{::voicehook::store::memory::create()} {}

    awaitable<result<ports::store_summary>> summary(instant now) override {
        ++summaries;
        if (fails) co_return fail(errc::store_unavailable, "read the summary");
        auto answer = co_await passing_store::summary(now);
        co_return answer;
    }

    int summaries{};
    bool fails{};
};

/// The parts of a service that a summary is made of.
class summary_fixture : public ::testing::Test {
protected:
    asio::io_context io_{1};
    counting_store store_;
    still_clock clock_;
    telemetry::metrics metrics_{{}, "1.2.3"};
    health health_{io_.get_executor(), store_, metrics_};
    flows::retain retain_{io_.get_executor(), store_, clock_, metrics_, {}, {}};
    provider_record provider_;
    summary summary_{io_.get_executor(),
                     store_,
                     clock_,
                     metrics_,
                     health_,
                     retain_,
                     provider_,
                     summary_settings{.version = "1.2.3",
                                      .owner = {},
                                      .since = noon,
                                      .provider_in_flight = [] { return std::size_t{7}; },
                                      .credits = [] { return std::nullopt; },
                                      .canary = [] { return std::nullopt; },
                                      .sinks = [] { return std::map<sink_name, flows::sink_health>{}; }}};
};

}  // namespace voicehook::api
