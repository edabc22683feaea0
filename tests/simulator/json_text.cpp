#include "tests/simulator/json_text.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/string_view.hpp>

namespace simulator {

std::string quoted(std::string_view text) { return boost::json::serialize(boost::json::string_view{text}); }

json_text& json_text::raw(std::string_view name, std::string_view value) {
    if (!members_.empty()) members_ += ',';
    members_ += quoted(name);
    members_ += ':';
    members_ += value;
    return *this;
}

}  // namespace simulator
