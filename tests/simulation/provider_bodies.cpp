#include "provider_bodies.hpp"

#include <fmt/format.h>

#include <vector>

namespace voicehook::simulation {
namespace {

using core::terminal;

constexpr std::string_view head =
    R"({{"created":1775123456,"id":"{}","model":"qwen-voice-design","object":"audio.generation.task")";

std::string begin(std::string_view id) { return fmt::format(fmt::runtime(head), id); }

/// Cancelled has three spellings.
std::string status_members(terminal what, dice& luck) {
    switch (what) {
        case terminal::completed: return R"("status":"completed")";
        case terminal::failed:
            return R"("status":"failed","error":{"code":"content_policy_violation","message":"No.","type":"task_error"})";
        case terminal::cancelled:
            return luck.pick(std::vector<std::string>{
                R"("status":"cancelled")", R"("status":"canceled")",
                R"("status":"failed","error":{"code":"request_cancelled","message":"Cancelled."})"});
    }
    return {};
}

}  // namespace

std::string accepted_body(std::string_view id) {
    return begin(id) + R"(,"progress":0,"status":"pending","task_info":{"can_cancel":true,"estimated_time":15,)"
                       R"("audio_type":"voice_design"},"type":"audio","usage":{"credits_reserved":2}})";
}

std::string running_body(std::string_view id, int progress) {
    return begin(id) +
           fmt::format(R"(,"progress":{},"status":"processing","task_info":{{"can_cancel":true}},"type":"audio"}})",
                       progress);
}

std::string ended_body(std::string_view id, terminal what, body_form form, dice& luck) {
    auto const status = status_members(what, luck);
    if (form == body_form::odd) {
        auto const odd = std::vector<std::string>{
            R"({{"id":"{}",{}}})", R"({{"id":"{}","progress":1e400,"credits":12345678901234567890,{}}})",
            R"({{"id":"{}","status":"processing",{}}})",
            R"({{"model":"m","id":"{}","result_data":[{{"voice":"v"}}],"usage":{{"credits_used":1.5}},{}}})",
            R"({{"id":"{}","result_data":{{"voice":"qwen-tts-vd-a-voice-20260402123456789"}},"new":null,{}}})"};
        return fmt::format(fmt::runtime(luck.pick(odd)), id, status);
    }
    if (what != terminal::completed) return begin(id) + R"(,"progress":0,)" + status + R"(,"type":"audio"})";
    return begin(id) +
           R"(,"progress":100,"results":["https://files.evolink.ai/sim/preview.wav"],)"
           R"("result_data":{"voice":"qwen-tts-vd-ann-voice-20260402-a1b2","sample_rate":24000},)" +
           status + R"(,"task_info":{"can_cancel":false},"type":"audio"})";
}

std::string malformed_body(std::string_view id, dice& luck) {
    return luck.pick(std::vector<std::string>{"", "<html>", "[]", R"({"id":7,"status":"completed"})", R"({"id":"x"})",
                                              fmt::format(R"({{"id":"{}","status":)", id)});
}

std::string error_body(std::string_view code, std::string_view type) {
    return fmt::format(R"({{"error":{{"code":"{}","message":"Simulated.","type":"{}"}}}})", code, type);
}

}  // namespace voicehook::simulation
