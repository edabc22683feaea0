// Owners of what librdkafka hands out.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>

namespace voicehook::sinks::kafka {

/// Calls a destructor of librdkafka's.
template <auto Destroy>
struct destroyer {
    template <class T>
    void operator()(T* item) const noexcept {
        Destroy(item);
    }
};

using configuration = std::unique_ptr<rd_kafka_conf_t, destroyer<&rd_kafka_conf_destroy>>;
/// Its end blocks while the library's threads end: never on the network thread.
using client = std::unique_ptr<rd_kafka_t, destroyer<&rd_kafka_destroy>>;
using queue = std::unique_ptr<rd_kafka_queue_t, destroyer<&rd_kafka_queue_destroy>>;
using event = std::unique_ptr<rd_kafka_event_t, destroyer<&rd_kafka_event_destroy>>;
using header_list = std::unique_ptr<rd_kafka_headers_t, destroyer<&rd_kafka_headers_destroy>>;
using topic_handle = std::unique_ptr<rd_kafka_topic_t, destroyer<&rd_kafka_topic_destroy>>;
using metadata = std::unique_ptr<rd_kafka_metadata_t const, destroyer<&rd_kafka_metadata_destroy>>;
using error = std::unique_ptr<rd_kafka_error_t, destroyer<&rd_kafka_error_destroy>>;

}  // namespace voicehook::sinks::kafka
