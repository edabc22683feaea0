// Certificates made for one test run, so that no key lies in the repository and none can expire.
#pragma once

#include <memory>
#include <string>

namespace voicehook::testing {

struct issued_certificate {
    std::string certificate_pem;
    std::string key_pem;
};

/// A certificate authority that lives as long as the test.
class test_authority {
public:
    test_authority();
    ~test_authority();

    /// `names` as OpenSSL writes them: "DNS:service.test,IP:127.0.0.1".
    [[nodiscard]] issued_certificate issue(std::string const& names) const;
    /// One that ended yesterday.
    [[nodiscard]] issued_certificate issue_expired(std::string const& names) const;
    [[nodiscard]] std::string certificate_pem() const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace voicehook::testing
