// The whole simulator, wired in one place.
#pragma once

#include "tests/simulator/options.hpp"

namespace simulator {

/// Runs until SIGTERM or SIGINT and returns the exit code: 0 after a signal, 1 when it could not start, 2 for a wrong
/// fault. Prints one ready line with the ports on standard output.
[[nodiscard]] int run_simulator(options const& chosen);

}  // namespace simulator
