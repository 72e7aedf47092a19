"""A store whose files are damaged is recovered exactly or refused."""

import sys
import unittest

from harness import TOP, full_tier_only

sys.path.insert(0, str(TOP / "tests" / "corruption"))

import corrupt as corruption  # noqa: E402


@unittest.skipUnless(corruption.PROGRAM.exists(), "journal_store is not built")
class CorruptionTest(unittest.TestCase):
    def test_damage_at_some_places_is_recovered_or_refused(self):
        _, wrong, store = corruption.judge_places(24, seed=1, megabytes=6)
        self.assertEqual(wrong, [])
        self.assertGreater(store["tables"], 1)

    @full_tier_only
    def test_damage_at_many_places_is_recovered_or_refused(self):
        _, wrong, _ = corruption.judge_places(200, seed=2, megabytes=24)
        self.assertEqual(wrong, [])

    def test_the_same_damage_is_lost_silently_by_rocksdb_alone(self):
        table, _, _ = corruption.judge_places(24, seed=1, megabytes=6,
                                              plain=True)
        self.assertGreater(
            sum(counts["SILENT"] for counts in table.values()), 0)


if __name__ == "__main__":
    unittest.main()
