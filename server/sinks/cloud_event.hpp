// The CloudEvents 1.0 attributes of a delivery, for the bindings that carry them beside the body.
#pragma once

#include "core/delivery.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace voicehook::sinks {

/// Every context attribute but datacontenttype, which is the content type: specversion, id, source, type, subject (the
/// task) and time (its end), in this order.
[[nodiscard]] std::vector<std::pair<std::string_view, std::string>> cloud_event_attributes(core::delivery const& item);

/// The value as the HTTP binding writes it: spaces, quotes, percent signs and all that is not printable ASCII become
/// %XX. Source: CloudEvents HTTP protocol binding 1.0.2, 3.1.3.2.
[[nodiscard]] std::string encode_for_header(std::string_view value);

}  // namespace voicehook::sinks
