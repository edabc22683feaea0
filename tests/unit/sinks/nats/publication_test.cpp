#include "sinks/nats/publication.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <vector>

namespace voicehook::testing {
namespace {

using namespace std::string_view_literals;
using sinks::nats::publish;
using sinks::nats::subject_of;
using ::testing::HasSubstr;
using ::testing::Not;

core::delivery some_delivery() {
    auto item = core::delivery{};
    item.id = delivery_id{"msg_1"};
    item.task = task_id{"task-1"};
    item.caller = caller_name{"tts-web"};
    item.event_type = "voice_design.completed";
    item.content_type = "application/json";
    item.body = "{\"a\":1}";
    item.created_at = instant{1'775'123'456'789ms};
    return item;
}

trace_context const some_trace{trace_id{"0af7651916cd43dd8448eb211c80319c"}, span_id{"b7ad6b7169203331"}};

TEST(NatsPublication, HasTheDeliveryAndWhatTravelsBesideIt) {
    auto const made = publish(some_delivery(), some_trace, "results.{status}", "_INBOX.a.1");

    auto const headers = std::string{
        "NATS/1.0\r\nNats-Msg-Id: msg_1\r\nContent-Type: application/json\r\nVoicehook-Type: voice_design.completed\r\n"
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n"};
    EXPECT_EQ(made.bytes, fmt::format("HPUB results.completed _INBOX.a.1 {} {}\r\n{}{{\"a\":1}}\r\n", headers.size(),
                                      headers.size() + 7, headers));
    EXPECT_EQ(made.subject, "results.completed");
    EXPECT_EQ(made.reply, "_INBOX.a.1");
    EXPECT_EQ(made.size, headers.size() + 7);
}

TEST(NatsPublication, ABinaryEventHasItsAttributesAsHeaders) {
    auto item = some_delivery();
    item.encoding = core::delivery_encoding::cloudevents_binary;

    auto const made = publish(item, some_trace, "s", "r");

    EXPECT_THAT(made.bytes, HasSubstr("ce-specversion: 1.0\r\nce-id: msg_1\r\nce-source: voicehook\r\n"
                                      "ce-type: voice_design.completed\r\nce-subject: task-1\r\nce-time: " +
                                      to_rfc3339(item.created_at) + "\r\n\r\n"));
}

TEST(NatsPublication, NoTextBreaksOutOfItsPlace) {
    for (auto const& text :
         {std::string{"\r\nEvil: 1\r\n\r\nPUB x 0\r\n"}, std::string{"a\0b"sv}, std::string{"\xff\xc0"},
          std::string{"\n"}, std::string{"> * . {caller}"}, std::string{}}) {
        auto item = some_delivery();
        item.id = delivery_id{text};
        item.event_type = text;
        item.content_type = text;
        item.caller = caller_name{text};
        item.body = text;
        item.encoding = core::delivery_encoding::cloudevents_binary;

        auto const made = publish(item, some_trace, "a.{caller}.{status}", "r");

        auto const head_end = made.bytes.find("\r\n");
        auto const headers = made.bytes.substr(head_end + 2, made.size - text.size());
        EXPECT_EQ(std::ranges::count(made.bytes.substr(0, head_end), ' '), 4) << text;
        EXPECT_EQ(std::ranges::count(headers, '\n'), text.empty() ? 11 : 12) << text;
        EXPECT_TRUE(headers.ends_with("\r\n\r\n")) << text;
        EXPECT_THAT(headers, Not(HasSubstr("\r\nEvil")));
        EXPECT_EQ(made.bytes.substr(head_end + 2 + headers.size()), text + "\r\n") << "the body stays as it is";
    }
}

TEST(NatsPublication, PlaceholdersBecomeWords) {
    auto item = some_delivery();
    EXPECT_EQ(subject_of(item, "a.{caller}.{status}.{status}-x"), "a.tts-web.completed.completed-x");
    item.caller = caller_name{"a.b c*>\n"};
    item.event_type = "";
    EXPECT_EQ(subject_of(item, "{caller}.{status}"), "a_b_c___._");
    EXPECT_EQ(sinks::nats::subject_of_all("a.{caller}.x-{status}.b"), "a.*.*.b");
    EXPECT_EQ(sinks::nats::subject_of_all("a"), "a");
}

TEST(NatsPublication, AQuestionIsPlain) {
    auto const made = sinks::nats::ask("$JS.API.STREAM.NAMES", "r", "{}");

    EXPECT_EQ(made.bytes, "PUB $JS.API.STREAM.NAMES r 2\r\n{}\r\n");
    EXPECT_EQ(made.size, 2u);
}

}  // namespace
}  // namespace voicehook::testing
