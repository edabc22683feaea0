// A Kafka cluster inside this process: the one that librdkafka brings for tests, on ports of 127.0.0.1.
#pragma once

#include "tests/kafka/topic_reader.hpp"

#include <librdkafka/rdkafka_mock.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace voicehook::testing {

/// What it does not do (librdkafka 2.0): check sequence numbers of producers, limit message sizes, TLS and logins. A
/// partition keeps its last 5 MiB.
class mock_cluster {
public:
    explicit mock_cluster(int brokers = 1);
    ~mock_cluster();
    mock_cluster(mock_cluster const&) = delete;
    mock_cluster& operator=(mock_cluster const&) = delete;

    /// "127.0.0.1:port" of each broker.
    [[nodiscard]] std::vector<std::string> const& brokers() const noexcept { return brokers_; }

    void create_topic(std::string const& name, int partitions);
    /// What metadata say of the topic from now on; `RD_KAFKA_RESP_ERR_NO_ERROR` heals it.
    void set_topic_error(std::string const& name, rd_kafka_resp_err_t code);
    /// The next produce requests are answered so, in order. `RD_KAFKA_RESP_ERR__TRANSPORT` hangs up.
    void push_produce_errors(std::vector<rd_kafka_resp_err_t> const& codes);
    void push_login_errors(std::vector<rd_kafka_resp_err_t> const& codes);
    /// The next produce requests take so long.
    void push_produce_delays(std::size_t count, std::chrono::milliseconds delay);
    void set_down();
    void set_up();
    void set_delay(std::chrono::milliseconds delay);

    /// See read_topic.
    [[nodiscard]] std::vector<kept_message> read(std::string const& topic) const;

private:
    struct owner;
    std::unique_ptr<owner> owner_;
    std::vector<std::string> brokers_;
    std::map<std::string, int> partitions_;
};

}  // namespace voicehook::testing
