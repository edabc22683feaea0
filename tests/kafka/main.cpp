// kafka-cluster: a mock cluster for tests that run whole programs. Prints where it listens as one JSON line, then obeys
// a line on standard input at a time and answers each with a JSON line; ends with its input.
//   topic NAME PARTITIONS · topic-error NAME CODE · produce-errors CODE COUNT · produce-delays MS COUNT · down · up ·
//   delay MS · read NAME (a line per message, then {"messages":N})
#include "base/encoding.hpp"
#include "tests/kafka/mock_cluster.hpp"
#include "wire/raw_json.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

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
        auto const found = cluster.read(word(rest));
        for (auto const& item : found) print(as_json(item));
        return print(fmt::format(R"({{"messages":{}}})", found.size()));
    } else {
        throw std::runtime_error{"unknown command"};
    }
    print("{}");
}

}  // namespace

int main(int argc, char** argv) {
    auto cluster = mock_cluster{argc > 1 ? std::atoi(argv[1]) : 1};
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
