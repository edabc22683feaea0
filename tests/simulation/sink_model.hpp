// Where results go: sinks that take, fail, hang, answer too late, and recover. They outlive every replica.
#pragma once

#include "life.hpp"
#include "ports/sink.hpp"
#include "world.hpp"

#include <memory>

namespace voicehook::simulation {

/// One life's way to the sink of this name. What the sink takes is told to the book.
[[nodiscard]] std::shared_ptr<ports::sink> connect_sink(sink_name name, life& caller, world& around);

}  // namespace voicehook::simulation
