-- description: The common filters of order lines.
-- param: segment String = ; |Champions|Loyal|New|At risk|Lost|Middle ; orders of users of this segment
--   alone, as of the 365 days up to `to`; empty: all
    {part:ledger_filters}
    AND ({segment:String} = '' OR orders.user_id IN ({part:segment_ids}))
