#include "app/ops/summary_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace voicehook::app::ops {
namespace {

using testing::HasSubstr;

constexpr auto noon = instant{1'775'131'200'000ms};  // 2026-04-02T12:00:00Z

/// A summary in which all is well, with members changed by replacing text.
std::string summary(std::string const& instead_of = "", std::string const& with = "") {
    auto text = std::string{R"({
        "at":"2026-04-02T12:00:00.000Z","version":"0.2.0","operator":"ann","ready":true,
        "tasks":{"queued":{"count":0,"oldest_age_seconds":null},"submitting":{"count":1,"oldest_age_seconds":2},
                 "unknown":{"count":0,"oldest_age_seconds":null},"in_flight":{"count":12,"oldest_age_seconds":200},
                 "ended":{"count":1234,"oldest_age_seconds":90000}},
        "accepted":1247,"retired":0,"disputed":0,"unrouted":3,
        "results":{"callback":1200,"query":34,"refusal":0,"ours":0,"operator":0},"recovered_by_query_share":0.031,
        "past_due":{"submissions_seconds":null,"queries_seconds":null,"deliveries_seconds":null},
        "deliveries":{"created":1234,"retired":0,"sinks":{"results":{
            "pending":3,"delivering":1,"delivered":1230,"parked":0,"discarded":0,"parked_by_cause":{},
            "oldest_waiting_age_seconds":4,"oldest_parked_age_seconds":null,"past_due_seconds":null,
            "soonest_link_expiry":"2026-04-03T11:00:00.000Z","paused":null,"health":{"breaker":"closed","problem":null,"next_probe":null,"in_flight":0,"ill_destinations":0},
            "configured":true}}},
        "soonest_link_expiry":"2026-04-03T11:00:00.000Z","open_by_caller":{"tts-web":13},"store_bytes":5242880,
        "conservation":{"ok":true,"violations":[]},
        "replicas":[{"name":"host:1","owner":"o","version":"0.2.0","started_at":"2026-04-02T10:00:00.000Z",
                     "seen_at":"2026-04-02T11:59:59.000Z","self":true}],
        "provider":{"in_flight":1,"credits":{"remaining":4711,"unlimited":false,"at":"2026-04-02T11:58:00.000Z"},
            "last_answer_at":"2026-04-02T11:59:58.000Z",
            "last_problem":{"at":"2026-04-02T11:00:00.000Z","operation":"submit","status":"5xx"},"requests":{},"submissions":{}},
        "intake":{"since":"2026-04-02T10:00:00.000Z","callbacks":{"accepted":1200,"duplicate":0},
            "rejected":{"public":{"bad_request":2},"api":{},"ops":{}}},
        "canary":{"last_at":"2026-04-02T11:55:00.000Z","ok":true,"latency_ms":2100,"failures":0}})"};
    if (instead_of.empty()) return text;
    auto const at = text.find(instead_of);
    if (at == std::string::npos) throw std::invalid_argument{instead_of};
    return text.replace(at, instead_of.size(), with);
}

std::string verdict(std::string const& text) { return render_verdict(concerns_of(json_part{text}, noon)); }

TEST(SummaryView, NothingLateAndNothingLostIsSaidInOneLine) {
    EXPECT_EQ(verdict(summary()), "Nothing is late, nothing is lost.\n");
}

TEST(SummaryView, EachTroubleIsSaidInWords) {
    struct row {
        char const* instead_of;
        char const* with;
        char const* verdict;
    };
    for (auto const& [instead_of, with, expected] :
         {row{R"("ok":true,"violations":[])", R"("ok":false,"violations":["accepted 3, found 2"])",
              "Something is LOST or made up.\n  - the counters contradict each other: accepted 3, found 2\n"},
          row{R"("submissions_seconds":null)", R"("submissions_seconds":4000)",
              "Something is LATE; nothing is lost.\n  - submissions have been due for 1 h\n"},
          row{R"("past_due_seconds":null)", R"("past_due_seconds":90)",
              "Something is LATE; nothing is lost.\n  - deliveries to results have been due for 1 min\n"},
          row{R"("parked":0,"discarded":0,"parked_by_cause":{})",
              R"("parked":12,"discarded":0,"parked_by_cause":{"gone":10,"dns":2})",
              "Something waits for you; nothing is lost.\n  - 12 deliveries for results are parked: gone 10, dns 2\n"},
          row{R"("problem":null)", R"("problem":"connect: refused")",
              "Something does not work; nothing is lost.\n  - results is down: connect: refused\n"},
          row{R"("paused":null)", R"("paused":"410 Gone")",
              "Something waits for you; nothing is lost.\n  - results is paused: 410 Gone\n"},
          row{R"("unknown":{"count":0,"oldest_age_seconds":null})", R"("unknown":{"count":2,"oldest_age_seconds":300})",
              "Something waits for you; nothing is lost.\n"
              "  - of 2 tasks it is not known whether the provider has them, the oldest for 5 min\n"},
          row{R"("disputed":0)", R"("disputed":1)",
              "Something waits for you; nothing is lost.\n  - 1 task has results that contradict each other\n"},
          row{R"("soonest_link_expiry":"2026-04-03T11:00:00.000Z","open)",
              R"("soonest_link_expiry":"2026-04-02T14:30:00.000Z","open)",
              "Something is LATE; nothing is lost.\n  - links in results that wait end in 2 h\n"},
          row{R"("soonest_link_expiry":"2026-04-03T11:00:00.000Z","open)",
              R"("soonest_link_expiry":"2026-04-02T11:30:00.000Z","open)",
              "Something is LATE; nothing is lost.\n  - links in results that wait are over\n"},
          row{R"("ready":true)", R"("ready":false)",
              "Something does not work; nothing is lost.\n  - the service is not ready: callbacks and callers get "
              "503\n"},
          row{R"("ok":true,"latency_ms":2100,"failures":0)", R"("ok":false,"latency_ms":null,"failures":3)",
              "Something does not work; nothing is lost.\n  - the canary's last task did not come back (3 failures)\n"},
          row{R"("remaining":4711)", R"("remaining":0)",
              "Something does not work; nothing is lost.\n  - the provider's credits are used up\n"}})
        EXPECT_EQ(verdict(summary(instead_of, with)), expected);
}

TEST(SummaryView, SilenceIsNoGoodNews) {
    EXPECT_EQ(verdict("{}"),
              "Something is not known.\n"
              "  - the service does not tell whether anything is lost\n"
              "  - the service does not tell what is past due\n");
}

TEST(SummaryView, UnlimitedCreditsAreNeverUsedUp) {
    auto const text = summary(R"("remaining":4711,"unlimited":false)", R"("remaining":0,"unlimited":true)");

    EXPECT_EQ(verdict(text), "Nothing is late, nothing is lost.\n");
    EXPECT_THAT(render_summary(json_part{text}, noon, 0), HasSubstr("unlimited"));
}

TEST(SummaryView, TheFiguresAreAligned) {
    auto const text = render_summary(json_part{summary()}, noon, 120);

    EXPECT_THAT(text, HasSubstr("TASKS       COUNT  OLDEST\n"
                                "queued          0       –\n"
                                "submitting      1     2 s\n"
                                "unknown         0       –\n"
                                "in_flight      12   3 min\n"
                                "ended       1,234    25 h\n"));
    EXPECT_THAT(text,
                HasSubstr("results        3          1      1,230       0          0     4 s         –  in 23 h"));
    EXPECT_THAT(text, HasSubstr("unrouted        3\n"));
    EXPECT_THAT(text, HasSubstr("results by      callback 1,200, query 34\n"));
    EXPECT_THAT(text, HasSubstr("found by query  3.1 %\n"));
    EXPECT_THAT(text, HasSubstr("credits         4,711 (2 min ago)\n"));
    EXPECT_THAT(text, HasSubstr("last problem    submit: 5xx, 1 h ago\n"));
    EXPECT_THAT(text, HasSubstr("canary          came back, 5 min ago, 2,100 ms\n"));
    EXPECT_THAT(text, HasSubstr("store           5.0 MiB\n"));
    EXPECT_THAT(text, HasSubstr("refused         public: bad_request 2\n"));
    EXPECT_THAT(text, HasSubstr("host:1   0.2.0    2 h ago  1 s ago  this one\n"));
}

TEST(SummaryView, ASinkIsNotedWithAllThatIsWrongWithIt) {
    auto const text = summary(R"("paused":null,"health":{"breaker":"closed","problem":null)",
                              R"("paused":"410 Gone","health":{"breaker":"open","problem":"HTTP 503")");
    auto const hosts = summary(R"("ill_destinations":0)", R"("ill_destinations":3)");

    EXPECT_THAT(render_summary(json_part{text}, noon, 0), HasSubstr("paused: 410 Gone, down: HTTP 503\n"));
    EXPECT_THAT(render_summary(json_part{hosts}, noon, 0), HasSubstr("3 hosts are down\n"));
}

TEST(SummaryView, AnEmptySummaryIsAllDashesAndNoZero) {
    auto const text = render_summary(json_part{"{}"}, noon, 0);

    EXPECT_EQ(text.find('0'), std::string::npos) << text;
    EXPECT_THAT(text, HasSubstr("credits         –\n"));
}

TEST(SummaryView, HostileNamesCannotForgeAVerdict) {
    auto const text = render_summary(
        json_part{
            R"({"deliveries":{"sinks":{"a\nNothing is late\u001b[2J\u202e":{"parked":1,"paused":"x\ny\u009b"}}}})"},
        noon, 80);

    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(text.find("\u202e"), std::string::npos);
    EXPECT_EQ(text.find("\nNothing is late"), std::string::npos);
    EXPECT_THAT(text, HasSubstr("a Nothing is late?[2J? is paused: x y?"));
}

TEST(SummaryView, NoLineIsWiderThanTheTerminal) {
    auto const text = summary(R"("paused":null)", "\"paused\":\"" + std::string(300, 'x') + "\"");

    auto const rendered = render_summary(json_part{text}, noon, 80);

    auto const figures = rendered.substr(rendered.find("\n\n"));
    for (std::size_t at = 0; at < figures.size();) {
        auto const end = figures.find('\n', at);
        auto const line = figures.substr(at, end - at);
        EXPECT_LE(line.size(), 80U + 4) << line;  // '–' and '…' take three bytes
        at = end + 1;
    }
}

}  // namespace
}  // namespace voicehook::app::ops
