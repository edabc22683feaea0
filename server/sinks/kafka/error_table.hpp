// What a code of librdkafka means for a delivery and for the producer. Pure.
#pragma once

#include "core/delivery_policy.hpp"

#include <librdkafka/rdkafka.h>

#include <optional>
#include <string>
#include <string_view>

namespace voicehook::sinks::kafka {

/// What a connection to a broker complained about.
struct trouble {
    rd_kafka_resp_err_t code{RD_KAFKA_RESP_ERR_NO_ERROR};
    std::string text;
};

/// A failure of a connection as the library tells it. One in the middle of the TLS handshake is about TLS, whether the
/// library calls it that or a transport failure; it does either.
[[nodiscard]] trouble make_trouble(rd_kafka_resp_err_t code, std::string text);

/// Whether a message without a report of success may be in the topic all the same.
enum class presence : unsigned char { absent, possible };

/// The cause that a code stands for; nothing for success. `text` tells a connection that was refused from one that
/// broke.
[[nodiscard]] std::optional<core::delivery_cause> cause_of(rd_kafka_resp_err_t code,
                                                           std::string_view text = {}) noexcept;

/// Whether a message can have shared its batch. A broker refuses whole batches, which says nothing of one among others.
enum class company : unsigned char { possible, none };

/// Whether no later attempt at the same message can end otherwise.
[[nodiscard]] bool is_final(rd_kafka_resp_err_t code, company in_batch) noexcept;

/// Codes that only say that nothing came in time: the trouble of a connection tells more.
[[nodiscard]] bool is_silence(rd_kafka_resp_err_t code) noexcept;

/// Codes of a connection that failed.
[[nodiscard]] bool is_about_connection(rd_kafka_resp_err_t code) noexcept;

/// Codes after which a producer takes nothing any more: another one must take its place.
[[nodiscard]] bool is_fatal(rd_kafka_resp_err_t code) noexcept;

/// An attempt that ended with `code`. `last`: the trouble that is known, if any.
struct ended_with {
    rd_kafka_resp_err_t code{RD_KAFKA_RESP_ERR_NO_ERROR};
    company in_batch{company::possible};
    presence in_topic{presence::absent};
};
[[nodiscard]] core::attempt_outcome judge(ended_with const& what, std::optional<trouble> const& last);

}  // namespace voicehook::sinks::kafka
