// Carries precompiled headers; see layers.cmake.
