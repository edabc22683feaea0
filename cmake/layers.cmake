# One function declares a room of the house, one declares a test program.

# The headers of Asio and GoogleMock cost seconds in each file: they are compiled once and reused.
set(voicehook_std_headers
    <chrono> <expected> <functional> <map> <memory> <optional> <string> <string_view> <variant> <vector>)
set(voicehook_asio_headers
    <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp> <boost/asio/io_context.hpp> <boost/asio/ip/tcp.hpp>
    <boost/asio/ssl.hpp> <boost/asio/steady_timer.hpp> <boost/asio/thread_pool.hpp> <boost/asio/as_tuple.hpp>
    <boost/asio/use_awaitable.hpp> <boost/asio/post.hpp> <boost/asio/this_coro.hpp>)

# voicehook_precompile(<name> HEADERS … LINKS …): a target whose precompiled headers others reuse.
function(voicehook_precompile name)
    cmake_parse_arguments(PARSE_ARGV 1 pch "" "" "HEADERS;LINKS")
    add_library(${name} OBJECT EXCLUDE_FROM_ALL "${PROJECT_SOURCE_DIR}/cmake/pch.cpp")
    target_link_libraries(${name} PUBLIC voicehook_flags ${pch_LINKS})
    target_precompile_headers(${name} PRIVATE ${pch_HEADERS} ${voicehook_std_headers})
endfunction()

set(voicehook_asio_links Boost::headers OpenSSL::SSL Threads::Threads)
voicehook_precompile(voicehook_asio_pch HEADERS ${voicehook_asio_headers} LINKS ${voicehook_asio_links})
voicehook_precompile(voicehook_test_pch HEADERS <gmock/gmock.h> LINKS GTest::gmock GTest::gtest)
voicehook_precompile(voicehook_asio_test_pch HEADERS ${voicehook_asio_headers} <gmock/gmock.h>
                     LINKS ${voicehook_asio_links} GTest::gmock GTest::gtest)

# voicehook_layer(<name> [ASIO] SOURCES … LINKS …): a static library `voicehook_<name>`.
# ASIO: its files use Asio and share the precompiled header. LINKS: rooms below it and libraries.
function(voicehook_layer name)
    cmake_parse_arguments(PARSE_ARGV 1 layer "ASIO" "" "SOURCES;LINKS")
    add_library(voicehook_${name} STATIC ${layer_SOURCES})
    target_link_libraries(voicehook_${name} PUBLIC voicehook_flags ${layer_LINKS})
    if(layer_ASIO)
        target_link_libraries(voicehook_${name} PUBLIC ${voicehook_asio_links})
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
        target_link_libraries(${name} PRIVATE ${voicehook_asio_links})
        target_precompile_headers(${name} REUSE_FROM voicehook_asio_test_pch)
    else()
        target_precompile_headers(${name} REUSE_FROM voicehook_test_pch)
    endif()
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
    set(beside)
    if(test_POSTGRES)
        set(beside "${PROJECT_SOURCE_DIR}/tests/support/with_postgres")
    endif()
    add_test(NAME ${name} COMMAND ${beside} $<TARGET_FILE:${name}>)
    set_tests_properties(${name} PROPERTIES LABELS "${test_LABEL}" TIMEOUT 120)
endfunction()
