"""A witness of logs. https://c2sp.org/tlog-witness"""
