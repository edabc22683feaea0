#include "sinks/kafka/message.hpp"

#include "core/tracing.hpp"
#include "sinks/cloud_event.hpp"
#include "sinks/webhook_attempt.hpp"

#include <string>
#include <utility>

namespace voicehook::sinks::kafka {

message_headers headers_of(core::delivery const& item, trace_context const& trace) {
    auto headers = message_headers{{"webhook-id", item.id.value()}};
    if (!item.event_type.empty()) headers.emplace_back("type", item.event_type);
    headers.emplace_back("content-type", item.content_type);
    headers.emplace_back("traceparent", write_traceparent(trace));
    headers.emplace_back(task_trace_header, write_traceparent(core::task_trace_of(item)));
    if (item.encoding == core::delivery_encoding::cloudevents_binary)
        for (auto& [name, value] : cloud_event_attributes(item))
            headers.emplace_back(std::string{"ce_"}.append(name), std::move(value));
    return headers;
}

}  // namespace voicehook::sinks::kafka
