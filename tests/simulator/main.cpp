#include "tests/simulator/options.hpp"
#include "tests/simulator/simulator.hpp"

#include <cstdio>

int main(int count, char** words) {
    auto const chosen = simulator::read_options(count, words);
    if (!chosen) {
        auto* const where = chosen.error().exit_code == 0 ? stdout : stderr;
        std::fputs(chosen.error().text.c_str(), where);
        return chosen.error().exit_code;
    }
    return simulator::run_simulator(*chosen);
}
