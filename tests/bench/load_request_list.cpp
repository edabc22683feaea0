#include "tests/bench/load_request_list.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>

namespace load {
namespace {

std::uint32_t number_at(std::string_view bytes, std::size_t offset) {
    auto number = std::uint32_t{};
    std::memcpy(&number, bytes.data() + offset, sizeof number);
    return number;
}

}  // namespace

request_list::request_list(options const& chosen)
    : ending_{chosen.ending},
      limit_{chosen.limit_requests},
      duplicates_percent_{chosen.duplicates_percent},
      distance_{4 * chosen.connections} {
    fields_ = fmt::format("Host: localhost:{}\r\nUser-Agent: voicehook-load\r\n", chosen.port);
    for (auto const& line : chosen.fields) fields_ += line + "\r\n";
    if (chosen.after == reuse::one_request) fields_ += "Connection: close\r\n";
}

std::expected<request_list, std::string> request_list::read(options const& chosen) {
    auto file = std::ifstream{chosen.requests_file, std::ios::binary};
    auto const content = std::string{std::istreambuf_iterator<char>{file}, {}};
    auto const text = std::string_view{content};
    auto list = request_list{chosen};
    list.bytes_.reserve(content.size() * 5 / 4);
    for (auto place = std::size_t{}; place < text.size();) {
        if (text.size() - place < 8) return std::unexpected{chosen.requests_file + " ends within a record"};
        auto const path_size = number_at(text, place);
        auto const body_size = number_at(text, place + 4);
        place += 8;
        if (text.size() - place < std::size_t{path_size} + body_size)
            return std::unexpected{chosen.requests_file + " ends within a record"};
        list.add("POST", text.substr(place, path_size), text.substr(place + path_size, body_size));
        place += std::size_t{path_size} + body_size;
    }
    if (list.ends_.empty()) return std::unexpected{chosen.requests_file + " has no requests"};
    return list;
}

request_list request_list::probes(options const& chosen) {
    auto list = request_list{chosen};
    list.ending_ = at_the_end::begin_again;
    list.limit_ = chosen.connections;
    list.duplicates_percent_ = 0;
    list.add("GET", "/livez", {});
    return list;
}

void request_list::add(std::string_view method, std::string_view path, std::string_view body) {
    auto const type = body.empty() ? "" : "Content-Type: application/json\r\n";
    fmt::format_to(std::back_inserter(bytes_), "{} {} HTTP/1.1\r\n{}{}", method, path, fields_, type);
    if (method == "POST") fmt::format_to(std::back_inserter(bytes_), "Content-Length: {}\r\n", body.size());
    bytes_ += "\r\n";
    bytes_ += body;
    ends_.push_back(bytes_.size());
}

std::string_view request_list::at(std::size_t number) const {
    auto const begin = number == 0 ? 0 : ends_[number - 1];
    return std::string_view{bytes_}.substr(begin, ends_[number] - begin);
}

std::optional<std::string_view> request_list::next() {
    if (limit_ != 0 && handed_out_ == limit_) return std::nullopt;
    auto const repeats = duplicates_percent_ != 0 && fresh_ > distance_ &&
                         (handed_out_ + 1) * duplicates_percent_ / 100 > handed_out_ * duplicates_percent_ / 100;
    if (!repeats && fresh_ >= ends_.size() && ending_ == at_the_end::stop) return std::nullopt;
    ++handed_out_;
    if (repeats) {
        ++repeated_;
        return at((fresh_ - distance_) % ends_.size());
    }
    return at(fresh_++ % ends_.size());
}

}  // namespace load
