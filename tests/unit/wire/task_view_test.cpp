#include "wire/task_view.hpp"

#include "wire/raw_json.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

namespace voicehook::wire {
namespace {

constexpr auto noon = from_unix_ms(1775131200123);

core::task fresh() {
    auto item = core::task{};
    item.id = task_id{"task-017f22e2-79b0-7cc3-98c4-dc0c0c07398f"};
    item.caller = caller_name{"tts-web"};
    item.created_at = noon;
    item.model = "qwen-voice-design";
    item.state = core::queued{noon};
    return item;
}

core::task in_flight(std::string_view body, core::reported_status status) {
    auto item = fresh();
    item.state = core::in_flight{noon + 6s};
    item.provider_id = provider_task_id{"task-unified-1"};
    item.provider_body = body;
    item.status = status;
    return item;
}

core::task ended(core::terminal what, std::string_view body) {
    auto item = in_flight(body, core::to_status(what));
    item.state = core::ended{what, noon + 20s, std::nullopt};
    item.source = core::result_source::callback;
    return item;
}

core::task refused() {
    auto item = fresh();
    item.state = core::ended{core::terminal::failed, noon + 1s, std::nullopt};
    item.source = core::result_source::refusal;
    item.refused =
        core::refusal{402, "insufficient_quota", R"({"code":"insufficient_quota", "message":"m","type":"t"})"};
    return item;
}

void expect_no_duplicates(std::string const& text) {
    auto const members = split_object(text);
    ASSERT_TRUE(members) << text;
    auto names = std::set<std::string>{};
    for (auto const& member : *members) EXPECT_TRUE(names.insert(member.name).second) << member.name << " in " << text;
}

TEST(TaskView, MembersThatWeDoNotOwnKeepTheirBytesAndOrder) {
    auto const item = ended(core::terminal::completed,
                            R"({ "created":12345678901234567890, "id":"task-unified-1","progress":1e400,)"
                            R"("result_data":{"voice" : "qwen-\u0076","n":0.10},"status":"completed","x":[1, 2]})");

    EXPECT_EQ(render_task(item),
              R"({"created":12345678901234567890,"id":"task-017f22e2-79b0-7cc3-98c4-dc0c0c07398f",)"
              R"("provider_task_id":"task-unified-1","progress":1e400,)"
              R"("result_data":{"voice" : "qwen-\u0076","n":0.10},"status":"completed","x":[1, 2]})");
}

TEST(TaskView, TheStatusIsOursInTheSpellingOfTheContract) {
    auto const canceled = ended(core::terminal::cancelled, R"({"id":"a","status":"canceled"})");
    auto const requested =
        ended(core::terminal::cancelled, R"({"id":"a","status":"failed","error":{"code":"request_cancelled"}})");
    auto const strange = in_flight(R"({"id":"a","status":"archived"})", core::reported_status::other);

    EXPECT_NE(render_task(canceled).find(R"("status":"cancelled")"), std::string::npos);
    EXPECT_EQ(render_task(canceled).find("canceled"), std::string::npos);
    EXPECT_NE(render_task(requested).find(R"("status":"cancelled","error":{"code":"request_cancelled"})"),
              std::string::npos);
    EXPECT_NE(render_task(strange).find(R"("status":"processing")"), std::string::npos);
}

TEST(TaskView, NoMemberIsEverThereTwice) {
    auto const body = R"({"id":"a","status":"failed","x":1,"id":"b","x":2,"\u0069d":"c","status":"completed",)"
                      R"("provider_task_id":"theirs","caller":"somebody","error":{"code":"old"}})";
    auto item = ended(core::terminal::failed, body);
    item.refused = core::refusal{502, "operator", R"({"code":"operator"})"};

    expect_no_duplicates(render_task(item));
    expect_no_duplicates(std::string{*find_member(*split_object(render_envelope(item)), "data")});
    EXPECT_NE(render_task(item).find(R"("x":2)"), std::string::npos);
    EXPECT_EQ(render_task(item).find("theirs"), std::string::npos);
    EXPECT_NE(render_task(item).find(R"("error":{"code":"operator"}})"), std::string::npos);
}

TEST(TaskView, ABodyWithoutIdOrStatusGetsOurs) {
    auto const item = in_flight(R"({"progress":5})", core::reported_status::pending);

    EXPECT_EQ(render_task(item),
              R"({"id":"task-017f22e2-79b0-7cc3-98c4-dc0c0c07398f","provider_task_id":"task-unified-1",)"
              R"("progress":5,"status":"pending"})");
}

TEST(TaskView, ATaskThatTheProviderNeverAnsweredHasTheSameShape) {
    EXPECT_EQ(render_task(fresh()),
              R"({"created":1775131200,"id":"task-017f22e2-79b0-7cc3-98c4-dc0c0c07398f","model":"qwen-voice-design",)"
              R"("object":"audio.generation.task","progress":0,"status":"pending","task_info":{"can_cancel":false},)"
              R"("type":"audio"})");
}

TEST(TaskView, AnUnreadableBodyIsAsGoodAsNone) {
    auto const item = in_flight("<html>", core::reported_status::processing);

    expect_no_duplicates(render_task(item));
    EXPECT_NE(render_task(item).find(R"("provider_task_id":"task-unified-1","model")"), std::string::npos);
}

TEST(TaskView, ARefusedTaskIsFailedWithTheProvidersError) {
    EXPECT_EQ(render_task(refused()),
              R"({"created":1775131200,"id":"task-017f22e2-79b0-7cc3-98c4-dc0c0c07398f","model":"qwen-voice-design",)"
              R"("object":"audio.generation.task","progress":0,"status":"failed","task_info":{"can_cancel":false},)"
              R"("type":"audio","error":{"code":"insufficient_quota", "message":"m","type":"t"}})");
}

TEST(TaskView, ARefusalWithoutAReadableErrorStillHasOne) {
    auto item = refused();
    item.refused->error_json = "";

    EXPECT_TRUE(
        render_task(item).ends_with(R"("error":{"code":"insufficient_quota","message":"insufficient_quota"}})"));
}

TEST(TaskView, ATaskThatAnOperatorEndedAsCompletedHasNoError) {
    auto item = refused();
    item.state = core::ended{core::terminal::completed, noon, std::nullopt};
    item.source = core::result_source::operator_action;

    EXPECT_EQ(render_task(item).find("\"error\""), std::string::npos);
}

TEST(Envelope, HasTypeEndAndTheTaskWithItsCaller) {
    auto const item = ended(core::terminal::completed, R"({"id":"task-unified-1","status":"completed","n":1e400})");

    EXPECT_EQ(render_envelope(item),
              R"({"type":"voice_design.completed","timestamp":"2026-04-02T12:00:20.123Z",)"
              R"("data":{"id":"task-017f22e2-79b0-7cc3-98c4-dc0c0c07398f","provider_task_id":"task-unified-1",)"
              R"("status":"completed","n":1e400,"caller":"tts-web"}})");
}

TEST(Envelope, TellsItsCallerOnlyToSinks) {
    auto const item = ended(core::terminal::completed, R"({"id":"a","status":"completed","caller":"the provider's"})");

    EXPECT_NE(render_task(item).find(R"("caller":"the provider's")"), std::string::npos);
    EXPECT_TRUE(render_envelope(item).ends_with(R"("caller":"tts-web"}})"));
    EXPECT_EQ(render_envelope(item).find("the provider's"), std::string::npos);
}

TEST(Envelope, TheTypeNamesHowTheTaskEnded) {
    EXPECT_EQ(event_type(ended(core::terminal::completed, "{}")), "voice_design.completed");
    EXPECT_EQ(event_type(ended(core::terminal::cancelled, "{}")), "voice_design.cancelled");
    EXPECT_EQ(event_type(refused()), "voice_design.failed");
}

TEST(Verbatim, IsTheProvidersBytes) {
    constexpr auto body = R"( {"id":"task-unified-1", "status":"canceled" ,"a":1,"a":2} )";

    EXPECT_EQ(render_verbatim(ended(core::terminal::cancelled, body)), body);
}

TEST(Verbatim, IsOurViewWhereTheProviderToldNoEnd) {
    auto operated = ended(core::terminal::failed, R"({"id":"task-unified-1","status":"processing"})");
    operated.source = core::result_source::operator_action;

    EXPECT_EQ(render_verbatim(refused()), render_task(refused()));
    EXPECT_EQ(render_verbatim(operated), render_task(operated));
    EXPECT_NE(render_verbatim(operated).find(R"("status":"failed")"), std::string::npos);
}

TEST(CloudEvent, HasTheAttributesOfTheSpecification) {
    auto const item = ended(core::terminal::completed, R"({"id":"task-unified-1","status":"completed"})");

    EXPECT_EQ(render_cloudevent(item, "msg_1"),
              R"({"specversion":"1.0","id":"msg_1","source":"voicehook","type":"voice_design.completed",)"
              R"("subject":"task-017f22e2-79b0-7cc3-98c4-dc0c0c07398f","time":"2026-04-02T12:00:20.123Z",)"
              R"("datacontenttype":"application/json",)"
              R"("data":{"id":"task-017f22e2-79b0-7cc3-98c4-dc0c0c07398f","provider_task_id":"task-unified-1",)"
              R"("status":"completed","caller":"tts-web"}})");
}

}  // namespace
}  // namespace voicehook::wire
