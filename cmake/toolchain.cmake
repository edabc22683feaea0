# Which compilers are fit for this code, and the flags that every target gets.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    message(FATAL_ERROR "g++ ${CMAKE_CXX_COMPILER_VERSION} miscompiles ordinary coroutine code without a warning "
                        "(deploy/decisions/01-clang.md). Use clang++-19: ./dev setup && ./dev build")
endif()

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE ccache)
if(CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
        CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime "${CCACHE}")
endif()

set(VOICEHOOK_SANITIZE "" CACHE STRING "Sanitizers for every target: address,undefined or thread")

add_library(voicehook_flags INTERFACE)
target_compile_features(voicehook_flags INTERFACE cxx_std_23)
target_include_directories(voicehook_flags INTERFACE "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/server")
# NDEBUG in every build that listens: without it Beast 1.81 can be aborted from outside (beast pull request 2861).
target_compile_definitions(voicehook_flags INTERFACE
    NDEBUG BOOST_DISABLE_ASSERTS BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE
    # A request is some ten coroutine frames deep; Asio keeps two to be used again unless told otherwise.
    BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=16
    VOICEHOOK_VERSION="${PROJECT_VERSION}")
target_compile_options(voicehook_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Wimplicit-fallthrough
    -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    target_compile_options(voicehook_flags INTERFACE -Xclang -fno-pch-timestamp -Wno-missing-field-initializers
                           -Wno-missing-designated-field-initializers)
endif()
# What is shipped is hardened (deploy/decisions/06-hardening.md); tests/deploy/hardening.py reads it from the programs.
# Sanitizers bring their own means, and without optimisation _FORTIFY_SOURCE does nothing but warn.
set(VOICEHOOK_HARDENED OFF)
if(CMAKE_BUILD_TYPE MATCHES "^(Release|RelWithDebInfo)$" AND NOT VOICEHOOK_SANITIZE)
    set(VOICEHOOK_HARDENED ON)
    # -Wp: the check that compiles headers alone takes over every -D, but does not optimise.
    target_compile_options(voicehook_flags INTERFACE
        -fPIE -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -Wp,-D_FORTIFY_SOURCE=3)
    target_link_options(voicehook_flags INTERFACE -pie LINKER:-z,relro,-z,now,-z,noexecstack,-z,shstk)
endif()

if(VOICEHOOK_SANITIZE)
    target_compile_options(voicehook_flags INTERFACE "-fsanitize=${VOICEHOOK_SANITIZE}" -fno-sanitize-recover=all)
    target_link_options(voicehook_flags INTERFACE "-fsanitize=${VOICEHOOK_SANITIZE}")
endif()

find_program(LLD NAMES ld.lld-19 ld.lld)
if(LLD)
    target_link_options(voicehook_flags INTERFACE "-fuse-ld=${LLD}")
endif()
