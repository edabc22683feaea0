// Carries the precompiled Asio headers; see layers.cmake.
