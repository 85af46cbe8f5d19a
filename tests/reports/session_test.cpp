#include "reports/session.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

std::string key_of(char fill) {
  const Digest half = sha256(std::string(1, fill));
  Bytes spki{0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
             0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
  spki.insert(spki.end(), half.begin(), half.end());
  spki.insert(spki.end(), half.begin(), half.end());
  return base64(spki);
}

Session a_session() {
  Session session;
  session.id = "S-1";
  session.contract_sha256 = hex(sha256("contract"));
  session.plan_sha256 = hex(sha256("plan"));
  session.tool_sha256 = hex(sha256("tool"));
  session.created = "2026-01-31T12:00:00Z";
  session.purpose = Purpose::acceptance;
  session.nonce = {.anchor = nonce_link(sha256("secret"), 30, 0), .rounds = 30};
  session.days = 3;
  session.items = {"host", "host/gpu0"};
  session.nodes = {{.node = 0, .key = key_of('a')}, {.node = 1, .key = key_of('b')}};
  return session;
}

/// What is said of a session in which `from` is replaced by `to`.
std::string refusal(const std::string& from, const std::string& to) {
  std::string text = write_session(a_session());
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  const auto session = read_session(text);
  return session ? "accepted" : session.error().message;
}

TEST(Session, IsReadBackAsWritten) {
  const Session session = a_session();
  const auto read = read_session(write_session(session));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(write_session(*read), write_session(session));
  EXPECT_EQ(read->nonce.anchor, session.nonce.anchor);
  EXPECT_EQ(read->nonce.rounds, 30U);
  EXPECT_EQ(read->purpose, Purpose::acceptance);
  EXPECT_EQ(read->items, session.items);
  EXPECT_EQ(read->nodes.at(1).key, session.nodes.at(1).key);
}

TEST(Session, KeepsTheWorkOfAStep) {
  Session session = a_session();
  session.work_per_step = {{"C-1", Natural{1} << 100U}};
  const auto read = read_session(write_session(session));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(read->work_per_step == session.work_per_step);
  session.work_per_step = {{"C-1", 0}};
  EXPECT_EQ(read_session(write_session(session)).error().message,
            "work_per_step: must give clause C-1 a decimal string over 0");
}

TEST(Session, IsCanonical) {
  EXPECT_NE(refusal("{\"contract", "{ \"contract").find("canonical"), std::string::npos);
}

TEST(Session, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(refusal("assay.session/1", "assay.session/2"), "schema: must be assay.session/1");
  EXPECT_EQ(refusal("\"tool_sha256\"", "\"tool_sha257\""), "tool_sha256: is missing");
  EXPECT_EQ(refusal("}],\"nonce\"", "}],\"nodez\":1,\"nonce\""), "nodez: is not a known member");
  EXPECT_EQ(refusal("\"acceptance\"", "\"fun\""),
            "purpose: is none of acceptance, prevalidation, regression, demonstration");
}

TEST(Session, RefusesMalformedMembers) {
  EXPECT_EQ(refusal("\"S-1\"", "\"S 1\""), "id: is no plain identifier");
  EXPECT_NE(refusal("T12:00:00Z", "T12:00:00+01:00").find("created"), std::string::npos);
  EXPECT_NE(refusal("\"days\":3", "\"days\":0").find("days"), std::string::npos);
  EXPECT_NE(refusal("\"rounds\":30", "\"rounds\":9999999").find("nonce.rounds"), std::string::npos);
  EXPECT_NE(refusal(hex(sha256("plan")), "abc").find("plan_sha256"), std::string::npos);
}

TEST(Session, RefusesItemsAndNodesThatStandTwice) {
  EXPECT_EQ(refusal("host/gpu0", "host"), "items[1]: stands twice");
  EXPECT_EQ(refusal(key_of('b'), key_of('a')), "nodes[1].key: is the key of another node too");
  EXPECT_EQ(refusal("\"node\":1", "\"node\":0"),
            "nodes[1].node: nodes are numbered from 0 in their order");
}

TEST(Session, RefusesAKeyThatIsNotOfP256) {
  EXPECT_NE(refusal(key_of('a'), "AAAA").find("nodes[0].key"), std::string::npos);
}

TEST(Session, NeedsItemsAndNodes) {
  Session empty = a_session();
  empty.items.clear();
  EXPECT_FALSE(read_session(write_session(empty)));
  empty = a_session();
  empty.nodes.clear();
  EXPECT_FALSE(read_session(write_session(empty)));
}

TEST(NonceChain, RevealsOneLinkARound) {
  const Digest last = sha256("secret");
  const NonceChain chain{.anchor = nonce_link(last, 3, 0), .rounds = 3};
  EXPECT_EQ(nonce_link(last, 3, 3), last);
  for (std::uint32_t round = 1; round <= 3; ++round) {
    EXPECT_TRUE(is_link(chain, round, nonce_link(last, 3, round)));
    EXPECT_EQ(sha256(nonce_link(last, 3, round)), nonce_link(last, 3, round - 1));
  }
}

TEST(NonceChain, KnowsAForeignLinkAndAForeignRound) {
  const Digest last = sha256("secret");
  const NonceChain chain{.anchor = nonce_link(last, 3, 0), .rounds = 3};
  EXPECT_FALSE(is_link(chain, 1, sha256("other")));
  EXPECT_FALSE(is_link(chain, 2, nonce_link(last, 3, 1)));
  EXPECT_FALSE(is_link(chain, 0, chain.anchor));
  EXPECT_FALSE(is_link(chain, 4, last));
}

}  // namespace
}  // namespace assay
