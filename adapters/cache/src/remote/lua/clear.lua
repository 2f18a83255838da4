-- ARGV: home.
drop_all()
