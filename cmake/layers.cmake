# One function declares a room of the house, one declares a test program.

# The Asio headers cost seconds in each file: they are compiled once and reused by the rooms that use them.
add_library(voicehook_asio_pch OBJECT "${PROJECT_SOURCE_DIR}/cmake/asio_pch.cpp")
target_link_libraries(voicehook_asio_pch PUBLIC voicehook_flags Boost::headers OpenSSL::SSL Threads::Threads)
target_precompile_headers(voicehook_asio_pch PRIVATE
    <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp> <boost/asio/io_context.hpp> <boost/asio/ip/tcp.hpp>
    <boost/asio/ssl.hpp> <boost/asio/steady_timer.hpp> <boost/asio/thread_pool.hpp> <boost/asio/as_tuple.hpp>
    <boost/asio/use_awaitable.hpp> <boost/asio/post.hpp> <boost/asio/this_coro.hpp>
    <chrono> <expected> <functional> <map> <memory> <optional> <string> <string_view> <variant> <vector>)

# voicehook_layer(<name> [ASIO] SOURCES … LINKS …): a static library `voicehook_<name>`.
# ASIO: its files use Asio and share the precompiled header. LINKS: rooms below it and libraries.
function(voicehook_layer name)
    cmake_parse_arguments(PARSE_ARGV 1 layer "ASIO" "" "SOURCES;LINKS")
    add_library(voicehook_${name} STATIC ${layer_SOURCES})
    target_link_libraries(voicehook_${name} PUBLIC voicehook_flags ${layer_LINKS})
    if(layer_ASIO)
        target_link_libraries(voicehook_${name} PUBLIC Boost::headers OpenSSL::SSL Threads::Threads)
        target_precompile_headers(voicehook_${name} REUSE_FROM voicehook_asio_pch)
    endif()
endfunction()

# voicehook_test(<name> LABEL <unit|contract|…> [ASIO] [POSTGRES] SOURCES … LINKS …): a GoogleTest program, one ctest entry.
# POSTGRES: it runs beside a PostgreSQL server of its own, which VOICEHOOK_TEST_POSTGRES names.
function(voicehook_test name)
    cmake_parse_arguments(PARSE_ARGV 1 test "ASIO;POSTGRES" "LABEL" "SOURCES;LINKS")
    add_executable(${name} ${test_SOURCES})
    target_link_libraries(${name} PRIVATE voicehook_flags ${test_LINKS} GTest::gmock GTest::gtest GTest::gtest_main)
    if(test_ASIO)
        target_link_libraries(${name} PRIVATE Boost::headers OpenSSL::SSL Threads::Threads)
        target_precompile_headers(${name} REUSE_FROM voicehook_asio_pch)
    endif()
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
    set(beside)
    if(test_POSTGRES)
        set(beside "${PROJECT_SOURCE_DIR}/tests/support/with_postgres")
    endif()
    add_test(NAME ${name} COMMAND ${beside} $<TARGET_FILE:${name}>)
    set_tests_properties(${name} PROPERTIES LABELS "${test_LABEL}" TIMEOUT 120)
endfunction()
