// kafka-cluster: a mock cluster for tests that run whole programs. Prints where it listens as one JSON line, then obeys
// a line on standard input at a time and answers each with a JSON line; ends with its input.
//   topic NAME PARTITIONS · topic-error NAME CODE · produce-errors CODE COUNT · produce-delays MS COUNT · down · up ·
//   delay MS · read NAME (a line per message, then {"messages":N})
// kafka-cluster read BROKER NAME PARTITIONS: reads so from a broker that is there.
#include "base/encoding.hpp"
#include "tests/kafka/mock_cluster.hpp"
#include "wire/raw_json.hpp"

#include <fmt/format.h>

#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

using voicehook::testing::kept_message;
using voicehook::testing::mock_cluster;
using voicehook::wire::object_writer;
using voicehook::wire::quote;

std::string as_json(kept_message const& item) {
    auto headers = object_writer{};
    for (auto const& [name, value] : item.headers) headers.text(name, value);
    auto out = object_writer{};
    out.number("partition", item.partition).number("offset", item.offset).text("key", item.key);
    out.raw("headers", std::move(headers).finish()).text("value", voicehook::to_base64(item.value));
    return std::move(out).finish();
}

void print(std::string const& line) { std::cout << line << std::endl; }

void print(std::vector<kept_message> const& found) {
    for (auto const& item : found) print(as_json(item));
    print(fmt::format(R"({{"messages":{}}})", found.size()));
}

std::string word(std::istream& in) {
    auto out = std::string{};
    in >> out;
    return out;
}

int number(std::istream& in) {
    auto out = 0;
    if (!(in >> out)) throw std::runtime_error{"expected a number"};
    return out;
}

rd_kafka_resp_err_t code(std::istream& in) { return static_cast<rd_kafka_resp_err_t>(number(in)); }

void obey(mock_cluster& cluster, std::string const& command, std::istream& rest) {
    if (command == "topic") {
        auto const name = word(rest);
        cluster.create_topic(name, number(rest));
    } else if (command == "topic-error") {
        auto const name = word(rest);
        cluster.set_topic_error(name, code(rest));
    } else if (command == "produce-errors") {
        auto const what = code(rest);
        cluster.push_produce_errors(std::vector(static_cast<std::size_t>(number(rest)), what));
    } else if (command == "produce-delays") {
        auto const delay = std::chrono::milliseconds{number(rest)};
        cluster.push_produce_delays(static_cast<std::size_t>(number(rest)), delay);
    } else if (command == "down") {
        cluster.set_down();
    } else if (command == "up") {
        cluster.set_up();
    } else if (command == "delay") {
        cluster.set_delay(std::chrono::milliseconds{number(rest)});
    } else if (command == "read") {
        return print(cluster.read(word(rest)));
    } else {
        throw std::runtime_error{"unknown command"};
    }
    print("{}");
}

}  // namespace

int main(int argc, char** argv) {
    auto const words = std::vector<std::string>(argv + 1, argv + argc);
    if (words.size() == 4 && words[0] == "read") {
        print(voicehook::testing::read_topic(words[1], words[2], std::stoi(words[3])));
        return 0;
    }
    auto cluster = mock_cluster{words.empty() ? 1 : std::stoi(words[0])};
    auto listed = std::string{};
    for (auto const& broker : cluster.brokers()) listed += (listed.empty() ? "" : ",") + quote(broker);
    print(fmt::format(R"({{"brokers":[{}]}})", listed));
    for (auto line = std::string{}; std::getline(std::cin, line);) {
        auto rest = std::istringstream{line};
        try {
            obey(cluster, word(rest), rest);
        } catch (std::exception const& error) {
            print(fmt::format(R"({{"error":{}}})", quote(error.what())));
        }
    }
    return 0;
}
