-- description: The common filters but for the type of event, for figures that are about certain types.
-- param: segment String = ; |Champions|Loyal|New|At risk|Lost|Middle ; events of users of this segment
--   alone, as of the 365 days up to `to`; empty: all
    {part:plain_filters}
    AND ({segment:String} = '' OR events.user_id IN ({part:segment_ids}))
