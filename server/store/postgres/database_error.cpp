#include "store/postgres/database_error.hpp"

#include <array>

namespace voicehook::store::postgres {
namespace {

struct meaning {
    std::string_view prefix;  ///< of the state: a class has two characters, a condition five
    trouble kind;
};

/// The first that fits counts.
constexpr std::array meanings{
    meaning{"08", trouble::lost},          // connection exceptions
    meaning{"57P01", trouble::lost},       // admin shutdown
    meaning{"57P02", trouble::lost},       // crash shutdown
    meaning{"57P03", trouble::lost},       // cannot connect now
    meaning{"57P05", trouble::lost},       // idle session timeout
    meaning{"25P03", trouble::lost},       // idle in transaction timeout
    meaning{"25006", trouble::lost},       // read only: a standby, or a primary that no longer is one
    meaning{"53300", trouble::lost},       // too many connections
    meaning{"40", trouble::collision},     // serialization failure, deadlock
    meaning{"23505", trouble::collision},  // somebody else wrote that key meanwhile
    meaning{"55P03", trouble::locked},    meaning{"53100", trouble::full},
    meaning{"28", trouble::refused},     // authorization
    meaning{"3D000", trouble::refused},  // no such database
    meaning{"42501", trouble::refused},  // insufficient privilege
};

}  // namespace

trouble trouble_of(std::string_view state) noexcept {
    for (auto const& [prefix, kind] : meanings)
        if (state.starts_with(prefix)) return kind;
    return trouble::other;
}

}  // namespace voicehook::store::postgres
