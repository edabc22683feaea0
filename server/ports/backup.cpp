#include "ports/backup.hpp"

#include <algorithm>

namespace voicehook::ports {

std::string backup_file_name(instant at) {
    auto time = to_rfc3339(at);
    std::erase_if(time, [](char letter) { return letter == '-' || letter == ':'; });
    return "voicehook-" + time + ".db";
}

bool is_backup_file_name(std::string_view name) noexcept {
    constexpr std::string_view shape = "voicehook-00000000T000000.000Z.db";
    return std::ranges::equal(name, shape, [](char given, char wanted) {
        return wanted == '0' ? given >= '0' && given <= '9' : given == wanted;
    });
}

}  // namespace voicehook::ports
