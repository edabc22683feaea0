// One life's way to the provider: a network that loses, delays and cuts off.
#pragma once

#include "life.hpp"
#include "ports/provider.hpp"
#include "provider_model.hpp"
#include "world.hpp"

#include <memory>

namespace voicehook::simulation {

[[nodiscard]] std::unique_ptr<ports::provider> connect_provider(provider_model& far, life& caller, world& around);

}  // namespace voicehook::simulation
