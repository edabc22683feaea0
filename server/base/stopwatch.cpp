#include "base/stopwatch.hpp"

namespace voicehook {

using clock = std::chrono::steady_clock;

stopwatch::stopwatch() : began_{clock::now()} {}

duration stopwatch::elapsed() const { return std::chrono::duration_cast<duration>(clock::now() - began_); }

}  // namespace voicehook
