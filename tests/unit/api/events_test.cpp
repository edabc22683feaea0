// The event stream of operators: what it begins with, what it refuses, and what it says when the store is away.
#include "api/events.hpp"

#include "summary_fixture.hpp"

#include <gtest/gtest.h>

#include <boost/asio/use_future.hpp>

#include <future>

namespace voicehook::api {
namespace {

/// Keeps what is written first, and ends the stream then.
class short_writer final : public http::stream_writer {
public:
    explicit short_writer(flows::activity& lately) : activity_{lately} {}

    awaitable<bool> write(std::string bytes) override {
        written += bytes;
        activity_.interrupt();
        co_return true;
    }
    [[nodiscard]] bool ended() const override { return false; }

    std::string written;

private:
    flows::activity& activity_;
};

class Events : public summary_fixture {
protected:
    http::response open(http::header_list headers = {}, std::string query = {}) {
        auto const handle = events_.routes().front().handle;
        http::request item{.method = "GET", .path = "/ops/v1/events", .query = std::move(query)};
        item.headers = std::move(headers);
        item.principal = "ann";
        auto answer = asio::co_spawn(io_, handle(std::move(item)), asio::use_future);
        run();
        return answer.get();
    }
    std::string beginning(http::response const& answer) {
        short_writer out{lately_};
        auto done = asio::co_spawn(io_, answer.stream(out), asio::use_future);
        run();
        done.get();
        return out.written;
    }
    void happen(int count) {
        for (int i = 0; i < count; ++i)
            lately_.note(
                {.at = noon, .kind = flows::happening::ended, .task = task_id{"task-1"}, .detail = "completed"});
    }
    void run() {
        io_.restart();
        io_.run();
    }

    flows::activity lately_{io_.get_executor(), 1};
    events events_{summary_, lately_};
};

std::size_t count_of(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
    return count;
}

TEST_F(Events, TheStreamBeginsWithTheSummaryAndTheLatestEvents) {
    happen(3);

    auto const answer = open();
    auto const text = beginning(answer);

    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.content_type, "text/event-stream");
    EXPECT_TRUE(text.starts_with("event: summary\ndata: {\"operator\":\"ann\",")) << text;
    EXPECT_NE(
        text.find("event: activity\nid: 3\ndata: {\"seq\":3,\"at\":\"2026-04-02T12:00:00.000Z\",\"kind\":\"ended\","
                  "\"task\":\"task-1\",\"caller\":null,\"sink\":null,\"detail\":\"completed\"}\n\n"),
        text.npos)
        << text;
    EXPECT_EQ(count_of(text, "event: activity"), 3u);
    EXPECT_EQ(count_of(text, "event: skipped"), 0u);
}

TEST_F(Events, ALastEventIdResumesAndTellsWhatIsLost) {
    happen(200);

    auto const few = beginning(open({{"Last-Event-ID", "198"}}));
    EXPECT_EQ(count_of(few, "event: activity"), 2u);
}

TEST_F(Events, WhatIsTooMuchToShowIsCounted) {
    happen(200);

    auto const many = beginning(open({{"Last-Event-ID", "1"}}));

    EXPECT_EQ(count_of(many, "event: skipped\ndata: {\"count\":149}\n\n"), 1u) << many;
    EXPECT_EQ(count_of(many, "event: activity"), 50u);
}

TEST_F(Events, TheNumberOfAnotherLifeBeginsAnew) {
    happen(60);

    auto const text = beginning(open({{"Last-Event-ID", "1775131200000001"}}));

    EXPECT_EQ(count_of(text, "event: activity"), 50u);
    EXPECT_EQ(count_of(text, "event: skipped"), 0u);
}

TEST_F(Events, AStoreThatIsAwayNeitherEndsTheStreamNorMakesItSilent) {
    store_.fails = true;

    EXPECT_EQ(beginning(open()), ": still here\n\n");
}

TEST_F(Events, WhatIsNoNumberIsRefusedWithWhatIsAllowed) {
    for (auto const* const id : {"", "x", "-1", "1x", "1.5", "99999999999999999999999"}) {
        auto const answer = open({{"Last-Event-ID", id}});
        EXPECT_EQ(answer.status, 400) << id;
        EXPECT_NE(answer.body.find("a whole number"), answer.body.npos) << answer.body;
    }
    EXPECT_EQ(open({}, "since=5").status, 400);
}

TEST_F(Events, OneStreamTooManyIsToldToComeAgain) {
    std::vector<http::response> streams;
    for (int i = 0; i < 32; ++i) streams.push_back(open());

    auto const refused = open();
    streams.pop_back();
    auto const accepted = open();

    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(http::find_header(refused.headers, "Retry-After"), "5");
    EXPECT_EQ(accepted.status, 200);
}

}  // namespace
}  // namespace voicehook::api
