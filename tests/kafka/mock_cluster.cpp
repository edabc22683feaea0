#include "tests/kafka/mock_cluster.hpp"

#include <chrono>
#include <sstream>
#include <stdexcept>

namespace voicehook::testing {
namespace {

constexpr std::int16_t produce_request = 0;
constexpr std::int16_t init_producer_id_request = 22;

void check(rd_kafka_resp_err_t code, char const* what) {
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error{std::string{what} + ": " + rd_kafka_err2str(code)};
}

}  // namespace

struct mock_cluster::owner {
    rd_kafka_t* client;
    rd_kafka_mock_cluster_t* cluster;

    explicit owner(int brokers)
        : client{make_kafka_client(RD_KAFKA_PRODUCER, {{"client.id", "mock"}, {"log_level", "0"}})},
          cluster{rd_kafka_mock_cluster_new(client, brokers)} {}
    ~owner() {
        rd_kafka_mock_cluster_destroy(cluster);
        rd_kafka_destroy(client);
    }
    owner(owner const&) = delete;
    owner& operator=(owner const&) = delete;
};

mock_cluster::mock_cluster(int brokers) : owner_{std::make_unique<owner>(brokers)} {
    auto list = std::istringstream{rd_kafka_mock_cluster_bootstraps(owner_->cluster)};
    for (auto broker = std::string{}; std::getline(list, broker, ',');) brokers_.push_back(broker);
}

mock_cluster::~mock_cluster() = default;

void mock_cluster::create_topic(std::string const& name, int partitions) {
    check(rd_kafka_mock_topic_create(owner_->cluster, name.c_str(), partitions, 1), "create a topic");
    partitions_[name] = partitions;
}

void mock_cluster::set_topic_error(std::string const& name, rd_kafka_resp_err_t code) {
    rd_kafka_mock_topic_set_error(owner_->cluster, name.c_str(), code);
}

void mock_cluster::push_produce_errors(std::vector<rd_kafka_resp_err_t> const& codes) {
    rd_kafka_mock_push_request_errors_array(owner_->cluster, produce_request, codes.size(), codes.data());
}

void mock_cluster::push_login_errors(std::vector<rd_kafka_resp_err_t> const& codes) {
    rd_kafka_mock_push_request_errors_array(owner_->cluster, init_producer_id_request, codes.size(), codes.data());
}

void mock_cluster::push_produce_delays(std::size_t count, std::chrono::milliseconds delay) {
    for (std::size_t i = 0; i < count; ++i)
        for (std::size_t broker = 1; broker <= brokers_.size(); ++broker)
            check(rd_kafka_mock_broker_push_request_error_rtts(owner_->cluster, static_cast<std::int32_t>(broker),
                                                               produce_request, 1, RD_KAFKA_RESP_ERR_NO_ERROR,
                                                               static_cast<int>(delay.count())),
                  "delay a request");
}

void mock_cluster::set_down() { check(rd_kafka_mock_broker_set_down(owner_->cluster, -1), "set brokers down"); }
void mock_cluster::set_up() { check(rd_kafka_mock_broker_set_up(owner_->cluster, -1), "set brokers up"); }

void mock_cluster::set_delay(std::chrono::milliseconds delay) {
    check(rd_kafka_mock_broker_set_rtt(owner_->cluster, -1, static_cast<int>(delay.count())), "delay brokers");
}

std::vector<kept_message> mock_cluster::read(std::string const& topic) const {
    auto const known = partitions_.find(topic);
    if (known == partitions_.end()) throw std::runtime_error{"no such topic: " + topic};
    return read_topic(brokers_.front(), topic, known->second);
}

}  // namespace voicehook::testing
