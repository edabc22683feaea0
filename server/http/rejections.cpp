#include "http/rejections.hpp"

#include "http/router.hpp"
#include "http/wire_gate.hpp"

namespace voicehook::http {
namespace {

template <named E>
void append_names(std::vector<std::string_view>& all) {
    for (auto const& [value, name] : names_of<E>) all.push_back(name);
}

std::vector<std::string_view> collect() {
    auto all = std::vector<std::string_view>{};
    append_names<gate_reason>(all);
    append_names<refusal_reason>(all);
    append_names<connection_reason>(all);
    return all;
}

}  // namespace

std::vector<std::string_view> const& rejection_reasons() {
    static auto const all = collect();
    return all;
}

}  // namespace voicehook::http
