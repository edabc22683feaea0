#include "sinks/kafka/message.hpp"

#include <gmock/gmock.h>

namespace voicehook::sinks::kafka {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

auto const attempt = trace_context{trace_id{"0af7651916cd43dd8448eb211c80319c"}, span_id{"b7ad6b7169203331"}};

core::delivery a_delivery() {
    auto item = core::delivery{};
    item.id = delivery_id{"msg_1"};
    item.task = task_id{"task-017f22e2-79b0-7cc3-98c4-dc0c0c07398f"};
    item.content_type = "application/json";
    item.event_type = "voice_design.completed";
    item.created_at = instant{1'775'123'456'789ms};
    return item;
}

TEST(KafkaMessage, TellsIdTypeAndTraces) {
    auto const headers = headers_of(a_delivery(), attempt);

    EXPECT_THAT(headers, ElementsAre(Pair("webhook-id", "msg_1"), Pair("type", "voice_design.completed"),
                                     Pair("content-type", "application/json"),
                                     Pair("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
                                     Pair("voicehook-task-traceparent",
                                          "00-017f22e279b07cc398c4dc0c0c07398f-98c4dc0c0c07398f-01")));
}

TEST(KafkaMessage, CarriesTheAttributesOfABinaryCloudEvent) {
    auto item = a_delivery();
    item.encoding = core::delivery_encoding::cloudevents_binary;

    auto const headers = headers_of(item, attempt);

    EXPECT_THAT(headers, Contains(Pair("content-type", "application/json")));
    EXPECT_THAT(headers, Contains(Pair("ce_specversion", "1.0")));
    EXPECT_THAT(headers, Contains(Pair("ce_id", "msg_1")));
    EXPECT_THAT(headers, Contains(Pair("ce_source", "voicehook")));
    EXPECT_THAT(headers, Contains(Pair("ce_type", "voice_design.completed")));
    EXPECT_THAT(headers, Contains(Pair("ce_subject", item.task.value())));
    EXPECT_THAT(headers, Contains(Pair("ce_time", to_rfc3339(item.created_at))));
}

TEST(KafkaMessage, OfAnOlderVersionHasNoType) {
    auto item = a_delivery();
    item.event_type.clear();

    EXPECT_THAT(headers_of(item, attempt), Not(Contains(Key("type"))));
}

}  // namespace
}  // namespace voicehook::sinks::kafka
