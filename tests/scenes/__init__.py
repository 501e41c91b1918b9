"""What several folders of tests play in: a market's morning, a desk's settings, a clock."""
