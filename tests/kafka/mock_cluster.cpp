#include "tests/kafka/mock_cluster.hpp"

#include <array>
#include <chrono>
#include <sstream>
#include <stdexcept>

namespace voicehook::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::int16_t produce_request = 0;
constexpr std::int16_t init_producer_id_request = 22;
constexpr auto read_limit = 20s;

std::string bytes(void const* data, std::size_t size) {
    return data == nullptr ? std::string{} : std::string{static_cast<char const*>(data), size};
}

void check(rd_kafka_resp_err_t code, char const* what) {
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error{std::string{what} + ": " + rd_kafka_err2str(code)};
}

rd_kafka_t* make_client(rd_kafka_type_t type, std::vector<std::pair<char const*, std::string>> const& properties) {
    auto* const conf = rd_kafka_conf_new();
    auto why = std::array<char, 512>{};
    for (auto const& [name, value] : properties)
        if (rd_kafka_conf_set(conf, name, value.c_str(), why.data(), why.size()) != RD_KAFKA_CONF_OK)
            throw std::runtime_error{why.data()};
    auto* const made = rd_kafka_new(type, conf, why.data(), why.size());
    if (made == nullptr) throw std::runtime_error{why.data()};
    return made;
}

kept_message keep(rd_kafka_message_t const& item) {
    auto out = kept_message{.partition = item.partition,
                            .offset = item.offset,
                            .key = bytes(item.key, item.key_len),
                            .value = bytes(item.payload, item.len)};
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&item, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return out;
    char const* name = nullptr;
    void const* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i)
        out.headers.emplace_back(name, bytes(value, size));
    return out;
}

}  // namespace

std::string kept_message::header(std::string const& name) const {
    for (auto const& [known, text] : headers)
        if (known == name) return text;
    return {};
}

struct mock_cluster::owner {
    rd_kafka_t* client;
    rd_kafka_mock_cluster_t* cluster;

    explicit owner(int brokers)
        : client{make_client(RD_KAFKA_PRODUCER, {{"client.id", "mock"}, {"log_level", "0"}})},
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
    auto* const client = make_client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", brokers_.front()},
                                                         {"group.id", "reader"},
                                                         {"enable.auto.commit", "false"},
                                                         {"enable.partition.eof", "true"},
                                                         {"auto.offset.reset", "earliest"},
                                                         {"fetch.wait.max.ms", "10"},
                                                         {"log_level", "0"}});
    auto* const wanted = rd_kafka_topic_partition_list_new(known->second);
    for (int i = 0; i < known->second; ++i)
        rd_kafka_topic_partition_list_add(wanted, topic.c_str(), i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(client, wanted);
    rd_kafka_topic_partition_list_destroy(wanted);

    std::vector<kept_message> out;
    auto open = known->second;
    auto const until = std::chrono::steady_clock::now() + read_limit;
    while (open > 0 && std::chrono::steady_clock::now() < until) {
        auto* const item = rd_kafka_consumer_poll(client, 100);
        if (item == nullptr) continue;
        if (item->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            --open;
        else if (item->err == RD_KAFKA_RESP_ERR_NO_ERROR)
            out.push_back(keep(*item));
        rd_kafka_message_destroy(item);
    }
    rd_kafka_consumer_close(client);
    rd_kafka_destroy(client);
    if (open > 0) throw std::runtime_error{"the topic cannot be read to its end"};
    return out;
}

}  // namespace voicehook::testing
