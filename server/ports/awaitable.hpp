// The coroutine type of every port.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace voicehook {

namespace asio = boost::asio;

template <class T>
using awaitable = asio::awaitable<T>;

}  // namespace voicehook
