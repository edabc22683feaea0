#include "api/query_reader.hpp"
#include "core/task.hpp"

#include <gmock/gmock.h>

namespace voicehook::api {
namespace {

using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;

http::request asking(std::string query) {
    http::request item;
    item.query = std::move(query);
    return item;
}

TEST(QueryReader, ReadsEveryKindOfParameter) {
    auto const item =
        asking("status=failed&created_after=2026-04-02T12%3A00%3A00Z&created_before=1775131200&limit=7&wait=30s");
    query_reader query{item};

    EXPECT_EQ(query.one_of<core::reported_status>("status"), core::reported_status::failed);
    EXPECT_EQ(query.moment("created_after"), instant{1'775'131'200'000ms});
    EXPECT_EQ(query.moment("created_before"), instant{1'775'131'200'000ms});
    EXPECT_EQ(query.count("limit", 1, 200), 7u);
    EXPECT_EQ(query.span("wait", 60s), 30s);
    EXPECT_THAT(std::move(query).finish(), IsEmpty());
}

TEST(QueryReader, SecondsWithoutAUnitAreADurationToo) {
    auto const item = asking("wait=5");
    query_reader query{item};

    EXPECT_EQ(query.span("wait", 60s), 5s);
}

TEST(QueryReader, ComplainsOfEverythingAtOnce) {
    auto const item = asking("status=done&created_after=yesterday&limit=0&wait=61s&colour=red");
    query_reader query{item};

    EXPECT_EQ(query.one_of<core::reported_status>("status"), std::nullopt);
    EXPECT_EQ(query.moment("created_after"), std::nullopt);
    EXPECT_EQ(query.count("limit", 1, 200), std::nullopt);
    EXPECT_EQ(query.span("wait", 60s), std::nullopt);
    auto const complaints = std::move(query).finish();

    ASSERT_THAT(complaints, SizeIs(5));
    EXPECT_THAT(complaints.back(), Field(&core::complaint::field, "colour"));
    EXPECT_THAT(complaints.back().message, testing::HasSubstr("status, created_after, limit, wait"));
}

TEST(QueryReader, AParameterGivenTwiceOrABrokenEscapeIsAComplaint) {
    auto const twice = asking("limit=1&limit=2");
    auto const broken = asking("limit=%4");

    query_reader first{twice};
    query_reader second{broken};
    static_cast<void>(first.count("limit", 1, 9));

    EXPECT_THAT(std::move(first).finish(), SizeIs(1));
    EXPECT_THAT(std::move(second).finish(), SizeIs(1));
}

TEST(Cursor, ComesBackAsTheTaskItWasMadeOfAndNothingElseIsOne) {
    auto const id = make_task_id(instant{1'775'131'200'000ms}, {1, 2, 3, 250, 251, 252, 253, 254, 255, 0});

    EXPECT_EQ(read_cursor(make_cursor(id)), id);
    for (auto const* const text : {"", "abc", "!!!!", "dGFzay0x"}) EXPECT_EQ(read_cursor(text), std::nullopt) << text;
}

}  // namespace
}  // namespace voicehook::api
