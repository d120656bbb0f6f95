-- description: Filters of order lines. What only events say (device, browser, UTM) is that of the order's purchase event.
-- param: country String = ; country ; orders from this country alone, by code or name; empty: all
-- param: category String = ; any ; order lines of products of this category alone; empty: all
-- param: device_type String = ; any ; orders whose purchase event came from this kind of device; empty: all
-- param: browser String = ; any ; orders whose purchase event came from this browser; empty: all
-- param: utm_source String = ; any ; orders whose purchase event names this UTM source; empty: all
-- param: utm_medium String = ; any ; orders whose purchase event names this UTM medium; empty: all
-- param: utm_campaign String = ; any ; orders whose purchase event names this UTM campaign; empty: all
    ({country:String} = '' OR orders.country = {country:String})
    AND ({category:String} = '' OR orders.product_id IN
        (SELECT product_id FROM footfall.current_products WHERE category = {category:String}))
    AND ({device_type:String} = '' AND {browser:String} = '' AND {utm_source:String} = ''
        AND {utm_medium:String} = '' AND {utm_campaign:String} = '' OR orders.order_id IN
        (
            SELECT order_id FROM footfall.events
            WHERE event_type = 'purchase' AND order_id != ''
                AND ({device_type:String} = '' OR device_type = {device_type:String})
                AND ({browser:String} = '' OR browser = {browser:String})
                AND ({utm_source:String} = '' OR utm_source = {utm_source:String})
                AND ({utm_medium:String} = '' OR utm_medium = {utm_medium:String})
                AND ({utm_campaign:String} = '' OR utm_campaign = {utm_campaign:String})
        ))
