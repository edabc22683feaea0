#include "flows/outbox.hpp"

#include <gmock/gmock.h>

namespace voicehook::flows {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

core::task ended_task(core::terminal what) {
    core::task item;
    item.id = task_id{"task-019d3c6f-0000-7000-8000-000000000001"};
    item.caller = caller_name{"tts"};
    item.provider_id = provider_task_id{"provider-1"};
    item.provider_body = R"({"id":"provider-1","status":"completed","big":12345678901234567890})";
    item.state = core::ended{what, instant{1'775'131'200'000ms}, {}};
    item.source = core::result_source::callback;
    return item;
}

std::vector<sink_route> const routes{{sink_name{"all"},
                                      {core::terminal::completed, core::terminal::failed, core::terminal::cancelled},
                                      delivery_format::envelope},
                                     {sink_name{"good"}, {core::terminal::completed}, delivery_format::verbatim},
                                     {sink_name{"bad"}, {core::terminal::failed}, delivery_format::cloudevents}};

TEST(Outbox, ASinkGetsOnlyTheEndsItWants) {
    auto const completed = render_deliveries(routes, ended_task(core::terminal::completed));
    auto const cancelled = render_deliveries(routes, ended_task(core::terminal::cancelled));

    ASSERT_THAT(completed, SizeIs(2));
    EXPECT_EQ(completed[0].sink, sink_name{"all"});
    EXPECT_EQ(completed[1].sink, sink_name{"good"});
    EXPECT_THAT(cancelled, SizeIs(1));
    EXPECT_THAT(outbox{routes}.sinks_of(ended_task(core::terminal::failed)),
                ElementsAre(sink_name{"all"}, sink_name{"bad"}));
}

TEST(Outbox, ASinkGetsOnlyTheCallersAndModelsItWants) {
    auto const every = std::vector{core::terminal::completed};
    auto const envelope = delivery_format::envelope;
    auto const narrow = outbox{{{sink_name{"of-tts"}, every, envelope, {"web", "tts"}, {}},
                                {sink_name{"of-web"}, every, envelope, {"web"}, {}},
                                {sink_name{"of-model"}, every, envelope, {}, {"qwen-voice-design"}},
                                {sink_name{"of-both"}, every, envelope, {"tts"}, {"another"}}}};
    auto task = ended_task(core::terminal::completed);
    task.model = "qwen-voice-design";

    EXPECT_THAT(narrow.sinks_of(task), ElementsAre(sink_name{"of-tts"}, sink_name{"of-model"}));
    EXPECT_THAT(narrow.renderer()(task), SizeIs(2));
}

TEST(Outbox, EveryDeliveryKnowsTheTypeOfItsEventAndOnlyBinaryOnesTheAttributes) {
    auto const task = ended_task(core::terminal::failed);
    auto const only = [&](delivery_format format) {
        return render_deliveries({{sink_name{"one"}, {core::terminal::failed}, format}}, task).at(0);
    };

    auto const binary = only(delivery_format::cloudevents_binary);

    EXPECT_EQ(binary.event_type, "voice_design.failed");
    EXPECT_EQ(binary.encoding, core::delivery_encoding::cloudevents_binary);
    EXPECT_EQ(binary.content_type, "application/json");
    EXPECT_THAT(binary.body, testing::StartsWith(R"({"id":"task-019d3c6f)"));
    EXPECT_THAT(only(delivery_format::cloudevents).body, testing::HasSubstr(R"("data":)" + binary.body));
    for (auto const format : {delivery_format::envelope, delivery_format::verbatim, delivery_format::cloudevents}) {
        EXPECT_EQ(only(format).event_type, "voice_design.failed");
        EXPECT_EQ(only(format).encoding, core::delivery_encoding::plain);
    }
}

TEST(Outbox, OnlyAResultThatLinksToAPreviewHasACopyMadeOfIt) {
    auto const keep = std::vector<sink_route>{
        {sink_name{std::string{core::artifact_sink}}, {core::terminal::completed}, delivery_format::preview_link}};
    auto linked = ended_task(core::terminal::completed);
    linked.provider_body = R"({"id":"provider-1","results":["https://files.evolink.ai/p.wav"]})";

    auto const deliveries = render_deliveries(keep, linked);

    ASSERT_THAT(deliveries, SizeIs(1));
    EXPECT_EQ(deliveries[0].destination, "https://files.evolink.ai/p.wav");
    EXPECT_TRUE(render_deliveries(keep, ended_task(core::terminal::completed)).empty());
}

TEST(Outbox, VerbatimBodiesAreTheProvidersBytes) {
    auto const task = ended_task(core::terminal::completed);

    auto const deliveries = render_deliveries(routes, task);

    EXPECT_EQ(deliveries[1].body, task.provider_body);
}

TEST(Outbox, ACallersOwnCallbackUrlIsOneMoreDelivery) {
    auto task = ended_task(core::terminal::cancelled);
    task.callback_url = "https://caller.example.com/done";

    auto const deliveries = render_deliveries(routes, task);

    ASSERT_THAT(deliveries, SizeIs(2));
    EXPECT_EQ(deliveries[1].sink.value(), core::callback_url_sink);
    EXPECT_EQ(deliveries[1].destination, task.callback_url);
}

TEST(Outbox, TheSameTaskAndSinkAlwaysHaveTheSameIdAndOthersHaveOthers) {
    auto const task = task_id{"task-1"};

    EXPECT_EQ(delivery_id_for(task, sink_name{"a"}), delivery_id_for(task, sink_name{"a"}));
    EXPECT_NE(delivery_id_for(task, sink_name{"a"}), delivery_id_for(task, sink_name{"b"}));
    EXPECT_NE(delivery_id_for(task, sink_name{"a"}), delivery_id_for(task_id{"task-2"}, sink_name{"a"}));
    EXPECT_EQ(delivery_id_for(task, sink_name{"a"}).value().size(), 26u);
}

TEST(Outbox, ATaskThatHasNotEndedHasNoDeliveries) {
    core::task open;

    EXPECT_TRUE(render_deliveries(routes, open).empty());
}

}  // namespace
}  // namespace voicehook::flows
