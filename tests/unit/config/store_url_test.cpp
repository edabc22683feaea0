// Store URLs: which database, and how they are shown.
#include "config/store_url.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace voicehook::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(StoreUrl, TellsTheDatabase) {
    EXPECT_EQ(store_kind_of("sqlite:///var/x"), store_kind::sqlite);
    EXPECT_EQ(store_kind_of("postgresql://user@host/db"), store_kind::postgres);
    EXPECT_EQ(store_kind_of("postgres://"), store_kind::postgres);
    EXPECT_EQ(store_kind_of("postgresql:/db"), std::nullopt);
    EXPECT_EQ(store_kind_of("sqlite://:memory:"), std::nullopt);
    EXPECT_EQ(store_kind_of("mysql://host/db"), std::nullopt);
    EXPECT_EQ(store_kind_of(""), std::nullopt);
}

TEST(StoreUrl, TellsTheFile) {
    EXPECT_EQ(sqlite_path("sqlite:///var/x"), "/var/x");
    EXPECT_EQ(sqlite_path("sqlite://x.db"), "x.db");
    EXPECT_EQ(sqlite_path("postgresql://user@host/db"), std::nullopt);
}

TEST(StoreUrl, IsShownAsItIsWhenThereIsNoPassword) {
    for (auto const* const url :
         {"sqlite:///var/a:b@c.db", "postgresql://host/db", "postgresql://user@host:5432/db?sslmode=require&user=x",
          "postgresql://user@[::1]:5432/db", "postgresql://[::1]:5432,[::2]/db", "postgres://", "postgresql://?host=x",
          "postgresql://host/db?password", "postgresql://host/db?passfile=/run/x&"}) {
        EXPECT_EQ(without_password(url), url);
        EXPECT_FALSE(has_password(url)) << url;
    }
}

TEST(StoreUrl, IsShownWithoutItsPasswords) {
    struct row {
        std::string url;
        std::string shown;
    };
    auto const rows = std::vector<row>{
        {"postgresql://ann:word@host/db", "postgresql://ann:***@host/db"},
        {"postgres://ann:word@one:1,two:2/db?sslmode=require", "postgres://ann:***@one:1,two:2/db?sslmode=require"},
        {"postgresql://:word@host", "postgresql://:***@host"},
        {"postgresql:///db?user=ann&password=word", "postgresql:///db?user=ann&password=***"},
        {"postgresql:///db?sslpassword=word&sslmode=x", "postgresql:///db?sslpassword=***&sslmode=x"},
        {"postgresql://ann:word@host/db?password=word", "postgresql://ann:***@host/db?password=***"},
        {"postgresql:///db?p%61ssword=word", "postgresql:///db?p%61ssword=***"},
    };

    for (auto const& [url, shown] : rows) {
        EXPECT_EQ(without_password(url), shown);
        EXPECT_TRUE(has_password(url)) << url;
    }
}

TEST(StoreUrl, ShowsNothingOfAPasswordThatWasNotEscaped) {
    for (auto const* const url :
         {"postgresql://ann:wo@rd-word@host/db", "postgresql://ann:word/word@host/db",
          "postgresql://ann:word?word@host", "postgresql://ann:word&word@host/db", "postgresql://ann:word:word@host/db",
          "postgresql://ann:word/db", "postgresql://one:1,ann:word/db"})
        EXPECT_THAT(without_password(url), Not(HasSubstr("word"))) << url;
}

TEST(StoreUrl, BackupsLieBesideTheDatabase) {
    EXPECT_EQ(backup_folder_beside("/var/lib/voicehook/voicehook.db"), "/var/lib/voicehook/backups");
    EXPECT_EQ(backup_folder_beside("voicehook.db"), "backups");
}

}  // namespace
}  // namespace voicehook::config
