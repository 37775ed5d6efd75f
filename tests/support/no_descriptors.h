#pragma once

#include <fcntl.h>
#include <sys/resource.h>

#include "support/socket_io.h"

namespace hookline::test_support {

/// As long as it lives, this process can open no further descriptor.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    // The lowest free number is the one that the next open() would get.
    const Fd lowest(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    rlimit tight = before_;
    tight.rlim_cur = static_cast<rlim_t>(lowest.get());
    ::setrlimit(RLIMIT_NOFILE, &tight);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

}  // namespace hookline::test_support
