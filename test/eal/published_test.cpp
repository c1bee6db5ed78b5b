#include "dataplane/published.hpp"

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

TEST(Published, F3_AStalledWorkerDelaysTheFreeAndNothingElse) {
  int alive = 0;
  Quiescence quiescence = Quiescence::create(2).value();
  Published<Tracked> published(std::make_unique<const Tracked>(alive));
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

TEST(Published, AWorkerThatLeftHoldsNothing) {
  int alive = 0;
  {
    Quiescence quiescence = Quiescence::create(1).value();
    Published<Tracked> published(std::make_unique<const Tracked>(alive));
    quiescence.enter(0);
    published.publish(std::make_unique<const Tracked>(alive), quiescence);
    quiescence.leave(0);
    published.reclaim(quiescence);
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
}

TEST(Published, F3_ManyReplacementsLeaveOne) {
  int alive = 0;
  Quiescence quiescence = Quiescence::create(1).value();
  Published<Tracked> published(std::make_unique<const Tracked>(alive));
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
