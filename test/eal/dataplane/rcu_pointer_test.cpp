#include "dataplane/rcu_pointer.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace natto {
namespace {

/// Counts how many of it are alive.
class Tracked {
 public:
  explicit Tracked(int& alive) : alive_(alive) { ++alive_; }
  ~Tracked() { --alive_; }
  Tracked(const Tracked&) = delete;
  Tracked& operator=(const Tracked&) = delete;

 private:
  int& alive_;
};

TEST(RcuPointer, F3_AStalledWorkerDelaysTheFreeAndNothingElse) {
  int alive = 0;
  Quiescence quiescence = Quiescence::create(2).value();
  RcuPointer<Tracked> published(std::make_unique<const Tracked>(alive));
  quiescence.enter(0);
  quiescence.enter(1);

  const Tracked* held = &published.read();
  published.publish(std::make_unique<const Tracked>(alive), quiescence);
  EXPECT_NE(&published.read(), held);
  quiescence.report(0);
  published.reclaim(quiescence);
  EXPECT_EQ(alive, 2) << "worker 1 may still hold the old one";

  quiescence.report(1);
  published.reclaim(quiescence);
  EXPECT_EQ(alive, 1);
  quiescence.leave(0);
  quiescence.leave(1);
}

TEST(RcuPointer, AWorkerThatLeftHoldsNothing) {
  int alive = 0;
  {
    Quiescence quiescence = Quiescence::create(1).value();
    RcuPointer<Tracked> published(std::make_unique<const Tracked>(alive));
    quiescence.enter(0);
    published.publish(std::make_unique<const Tracked>(alive), quiescence);
    quiescence.leave(0);
    published.reclaim(quiescence);
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
}

TEST(RcuPointer, F3_ManyReplacementsLeaveOne) {
  int alive = 0;
  Quiescence quiescence = Quiescence::create(1).value();
  RcuPointer<Tracked> published(std::make_unique<const Tracked>(alive));
  quiescence.enter(0);
  for (int i = 0; i < 10'000; ++i) {
    published.publish(std::make_unique<const Tracked>(alive), quiescence);
    quiescence.report(0);
    published.reclaim(quiescence);
    ASSERT_EQ(alive, 1);
  }
  quiescence.leave(0);
}

}  // namespace
}  // namespace natto
