#include "app/ops/event_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace voicehook::app::ops {
namespace {

std::vector<server_event> read_slowly(event_reader& reader, std::string_view bytes) {
    auto out = std::vector<server_event>{};
    for (std::size_t at = 0; at < bytes.size(); ++at)
        for (auto& event : reader.take(bytes.substr(at, 1)).value()) out.push_back(std::move(event));
    return out;
}

using events = std::vector<server_event>;

TEST(EventReader, EventsEndWithAnEmptyLineHoweverLinesEnd) {
    for (auto const* const bytes :
         {"event: activity\nid: 7\ndata: {\"a\":1}\n\n", "event:activity\rid:7\rdata:{\"a\":1}\r\r",
          "event: activity\r\nid: 7\r\ndata: {\"a\":1}\r\n\r\n"}) {
        auto reader = event_reader{};

        EXPECT_EQ(read_slowly(reader, bytes), (events{{"activity", "{\"a\":1}", "7"}})) << bytes;
        EXPECT_EQ(reader.last_id(), "7");
    }
}

TEST(EventReader, CommentsAndEventsWithoutDataAreNoEvents) {
    auto reader = event_reader{};

    EXPECT_EQ(read_slowly(reader, ": still here\n\nevent: nothing\n\nretry: 5\n\ndata\n\n"),
              (events{{"message", "", ""}}));
}

TEST(EventReader, DataOfSeveralLinesIsJoined) {
    auto reader = event_reader{};

    EXPECT_EQ(read_slowly(reader, "data: a\ndata: b\n\n"), (events{{"message", "a\nb", ""}}));
}

TEST(EventReader, TheLastIdOutlivesTheConnectionAndWhatWasBegunDoesNot) {
    auto reader = event_reader{};
    read_slowly(reader, "id: 7\ndata: x\n\nid: 8\ndata: beg");

    reader.reconnected();

    EXPECT_EQ(reader.last_id(), "7");
    EXPECT_EQ(read_slowly(reader, "data: y\n\n"), (events{{"message", "y", "7"}}));
}

TEST(EventReader, AnIdThatCannotStandInAHeaderIsNotRemembered) {
    auto reader = event_reader{};

    read_slowly(reader, "id: 7\ndata: x\n\nid: a b\ndata: x\n\nid: \x1b\ndata: x\n\nid: " + std::string(300, '1') +
                            "\ndata: x\n\n");

    EXPECT_EQ(reader.last_id(), "7");
}

TEST(EventReader, NoLineAndNoEventIsEndless) {
    auto line = event_reader{};
    auto event = event_reader{};
    auto const megabyte = "data: " + std::string(1024 * 1024, 'x') + "\n";

    EXPECT_EQ(line.take(std::string(event_reader::longest + 1, 'x')).error().code, errc::too_large);
    auto taken = event.take(megabyte);
    for (auto times = 0; times < 4 && taken; ++times) taken = event.take(megabyte);
    ASSERT_FALSE(taken.has_value());
    EXPECT_EQ(taken.error().code, errc::too_large);
}

}  // namespace
}  // namespace voicehook::app::ops
