// A delivery as a Kafka message: what its headers say. Pure.
#pragma once

#include "base/trace_context.hpp"
#include "core/delivery.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace voicehook::sinks::kafka {

using message_headers = std::vector<std::pair<std::string, std::string>>;

/// `webhook-id`, `type`, `content-type`, `traceparent` of the attempt and the link to the task's; with the encoding
/// cloudevents_binary also the attributes as `ce_…`. Kafka takes any bytes as a value, so that nothing can end one.
/// Source: CloudEvents 1.0, Kafka Protocol Binding, 3.2.
[[nodiscard]] message_headers headers_of(core::delivery const& item, trace_context const& trace);

}  // namespace voicehook::sinks::kafka
