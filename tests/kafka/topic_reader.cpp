#include "tests/kafka/topic_reader.hpp"

#include <array>
#include <chrono>
#include <stdexcept>

namespace voicehook::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto read_limit = 20s;

std::string bytes(void const* data, std::size_t size) {
    return data == nullptr ? std::string{} : std::string{static_cast<char const*>(data), size};
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

rd_kafka_t* make_kafka_client(rd_kafka_type_t type,
                              std::vector<std::pair<char const*, std::string>> const& properties) {
    auto* const conf = rd_kafka_conf_new();
    auto why = std::array<char, 512>{};
    for (auto const& [name, value] : properties)
        if (rd_kafka_conf_set(conf, name, value.c_str(), why.data(), why.size()) != RD_KAFKA_CONF_OK)
            throw std::runtime_error{why.data()};
    auto* const made = rd_kafka_new(type, conf, why.data(), why.size());
    if (made == nullptr) throw std::runtime_error{why.data()};
    return made;
}

std::vector<kept_message> read_topic(std::string const& broker, std::string const& topic, int partitions) {
    auto* const client = make_kafka_client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", broker},
                                                               {"group.id", "reader"},
                                                               {"enable.auto.commit", "false"},
                                                               {"enable.partition.eof", "true"},
                                                               {"auto.offset.reset", "earliest"},
                                                               {"fetch.wait.max.ms", "10"},
                                                               {"log_level", "0"}});
    auto* const wanted = rd_kafka_topic_partition_list_new(partitions);
    for (int i = 0; i < partitions; ++i)
        rd_kafka_topic_partition_list_add(wanted, topic.c_str(), i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(client, wanted);
    rd_kafka_topic_partition_list_destroy(wanted);

    std::vector<kept_message> out;
    auto open = partitions;
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
